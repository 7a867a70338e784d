import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readIdempotencyKey } from '../../../src/idempotency/idempotency-key.js';

const LONGEST = 'k'.repeat(255);
const UUID = '8e03978e-40d5-43dd-bc93-6894a57f9324';

describe('readIdempotencyKey', () => {
  it.each([
    ['bare', UUID, UUID],
    ['in quotes', `"${UUID}"`, UUID],
    ['of one character', 'k', 'k'],
    ['of 255 characters', LONGEST, LONGEST],
    ['of 255 characters in quotes', `"${LONGEST}"`, LONGEST],
    ['of 255 characters that all need an escape', `"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
    ['with the first and the last visible character', '!~', '!~'],
    ['with an escaped quote', '"a\\"b"', 'a"b'],
    ['with an escaped backslash', '"a\\\\b"', 'a\\b'],
    ['with an escaped backslash before a quote', '"a\\\\\\"b"', 'a\\"b'],
    ['bare with an inner quote', 'a"b', 'a"b'],
    ['bare with a quote at its end', 'ab"', 'ab"'],
    ['bare with a backslash, which escapes nothing there', 'a\\"b', 'a\\"b'],
    ['bare with a comma', 'a,b', 'a,b'],
    ['that would mean something elsewhere', "';drop/**/table--$1%s", "';drop/**/table--$1%s"],
  ])('reads a key %s', (_how, value, key) => {
    expect(readIdempotencyKey([value])).toBe(key);
  });

  it.each([
    ['no header', []],
    ['an empty header', ['']],
  ])('says that there is none: %s', (_what, values) => {
    expect(() => readIdempotencyKey(values)).toThrow(
      expect.objectContaining({
        code: 'idempotency_key_missing',
        status: 400,
        message: expect.stringContaining('new for each request and the same for its retries'),
      }),
    );
  });

  it.each([
    ['256 characters', ['k'.repeat(256)]],
    ['256 characters in quotes', [`"${'k'.repeat(256)}"`]],
    ['quotes around nothing', ['""']],
    ['one quote', ['"']],
    ['a quote that is not closed', ['"abc']],
    ['a quote inside that is not escaped', ['"a"b"']],
    ['an escape of something else', ['"a\\b"']],
    ['an escape of the closing quote', ['"abc\\"']],
    ['a parameter', ['"abc";x=1']],
    ['two strings in one header', ['"abc", "def"']],
    ['two keys as Node joins them', ['abc, def']],
    ['a space', ['a b']],
    ['a space in quotes', ['"a b"']],
    ['a space around it', [' abc']],
    ['a tab', ['a\tb']],
    ['a line break at the end', ['abc\n']],
    ['a line break after the quotes', ['"abc"\n']],
    ['a control character', ['a\u0000b']],
    ['a delete character', ['a\u007fb']],
    ['a letter that is not ASCII', ['schlüssel']],
    ['a byte that Node reads as Latin-1', ['"\u00e9"']],
    ['a character of two halves', ['🔑']],
    ['two headers', ['abc', 'def']],
    ['the same header twice', ['abc', 'abc']],
    ['a second header that is empty', ['abc', '']],
  ])('refuses %s', (_what, values) => {
    expect(() => readIdempotencyKey(values)).toThrow(
      expect.objectContaining({
        code: 'idempotency_key_malformed',
        status: 400,
        message: expect.stringContaining('1 to 255 visible ASCII characters'),
      }),
    );
  });

  it('refuses a second header after an empty one', () => {
    expect(() => readIdempotencyKey(['', 'abc'])).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('reads every key of visible ASCII the same from its quoted spelling', () => {
    const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
    const keys = fc.string({ unit: visible, minLength: 1, maxLength: 255 });
    fc.assert(
      fc.property(keys, (key) => {
        const quoted = `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
        expect(readIdempotencyKey([quoted])).toBe(key);
        if (!key.startsWith('"')) expect(readIdempotencyKey([key])).toBe(key);
      }),
    );
  });

  it('returns 1 to 255 visible ASCII characters for whatever it does not refuse', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        let key = 'refused';
        try {
          key = readIdempotencyKey([value]);
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
        expect(key).toMatch(/^[!-~]{1,255}$/);
      }),
    );
  });
});
