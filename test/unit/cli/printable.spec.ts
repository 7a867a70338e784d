import { describe, expect, it } from '@jest/globals';
import { printable, printableJson } from '../../../src/ops/cli/printable.js';

const ESC = '\u001b';

describe('what is printed of a text from outside', () => {
  it.each([
    ['a colour', `${ESC}[31mred${ESC}[0m`, 'red'],
    ['a cleared screen', `${ESC}[2J${ESC}[Hgone`, 'gone'],
    ['a colour in eight bits', '\u009b31mred', 'red'],
    ['a title', `${ESC}]0;title\u0007text`, 'text'],
    ['a link', `${ESC}]8;;https://example.com${ESC}\\click${ESC}]8;;${ESC}\\`, 'click'],
    ['a filled clipboard', `${ESC}]52;c;cm0gLXJm\u0007text`, 'text'],
    ['a device control string', `${ESC}Pq#0${ESC}\\text`, 'text'],
    ['a reset of the terminal', `${ESC}ctext`, 'text'],
    ['a sequence without its end', `${ESC}[31`, '31'],
    ['line breaks', 'one\r\ntwo\u2028three', 'one two three'],
    ['a return to the start of the line', 'paid\rdead', 'paid dead'],
    ['a backspace', 'paid\b\b\b\bdead', 'paid\ufffd\ufffd\ufffd\ufffddead'],
    ['a zero byte', 'a\u0000b', 'a\ufffdb'],
    ['a text turned around', 'a\u202etxt.exe', 'a\ufffdtxt.exe'],
    ['what is not seen', 'or\u200bder', 'or\ufffdder'],
  ])('takes away %s', (_what, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('leaves what people write', () => {
    const text = '  payment_intent.succeeded → Zażółć 支払い 💳 50 %';
    expect(printable(text)).toBe(text);
  });
});

describe('JSON on a terminal', () => {
  it('says the same, without anything that a terminal obeys', () => {
    const value = { type: `a${ESC}[31m\u009b2J\u202e\u200b\ufeff\u007f`, amountMinor: 5000 };
    const text = printableJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });
});
