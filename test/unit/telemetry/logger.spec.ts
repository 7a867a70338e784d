import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanLine } from '../../../src/telemetry/clean-line.js';
import { createLogger, logDestination, logWritten } from '../../../src/telemetry/logger.js';

const LINE_MAX = 16_000;
const CARD = '4242424242424242';

/** What is written when something is logged. */
function written(log: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  log(createLogger('info', { write: (line: string) => lines.push(line) }));
  return lines.join('');
}

const line = (fields: object) =>
  written((logger) => {
    logger.info(fields, 'test');
  });
const message = (text: string) =>
  written((logger) => {
    logger.info(text);
  });
const parsed = (fields: object) => JSON.parse(line(fields)) as Readonly<Record<string, unknown>>;

describe('a line of the log', () => {
  it.each([
    ['line breaks', 'a\r\n{"level":60,"msg":"forged"}\nb'],
    ['ANSI escapes', '\u001b[2J\u001b[31mred\u001b[0m\u0007'],
    ['C1 controls', '\u009b31mred\u0085\u007f'],
    ['line separators of Unicode', 'a\u2028b\u2029c'],
    ['text that is turned around', 'a\u202egnp.exe\u2066b'],
    ['a null byte', 'a\u0000b'],
    ['half of a character', 'a\ud800b'],
  ])('stays one line of JSON with %s', (_name, text) => {
    for (const fields of [{ text }, { nested: { [text]: [text] } }, { error: new Error(text) }]) {
      const whole = line(fields);
      expect(whole.endsWith('\n')).toBe(true);
      expect(whole.slice(0, -1)).not.toMatch(
        /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u,
      );
      expect(JSON.parse(whole)).toMatchObject({ level: 30, msg: 'test' });
    }
    expect(parsed({ text })['text']).toBe(text);
    expect(message(text)).not.toMatch(/\n./);
  });

  it('is bounded, with what it begins with', () => {
    const text = 'x'.repeat(1_000_000);
    for (const fields of [{ text }, { deep: { text } }, { error: new Error(text) }]) {
      const whole = line(fields);
      expect(whole.length).toBeLessThanOrEqual(LINE_MAX);
      expect(JSON.parse(whole)).toMatchObject({ level: 30, msg: 'test' });
    }
    expect(parsed({ text })['text']).toMatch(/^x{2000}… \(1000000 characters\)$/);
    expect(message(text).length).toBeLessThanOrEqual(LINE_MAX);
  });

  it('is bounded when it has many fields, and says that something was left out', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_one, n) => [`field${n}`, 'abc']),
    );
    const whole = line({ many });
    expect(whole.length).toBeLessThanOrEqual(LINE_MAX);
    expect(JSON.parse(whole)).toMatchObject({ level: 30, service: 'tollgate', msg: 'test' });
    expect((JSON.parse(whole) as { leftOutCharacters: number }).leftOutCharacters).toBeGreaterThan(
      LINE_MAX,
    );
  });

  it.each([
    ['alone', CARD],
    ['in a sentence', `the card ${CARD} was declined`],
    ['behind a full stop', `no.${CARD}`],
    ['behind a number that is none', `amount 1.${CARD}`],
    ['in JSON within the text', `{"number":1.${CARD},"pan":${CARD}}`],
    ['in groups', '4242 4242 4242 4242'],
    ['with dashes', '4242-4242-4242-4242'],
    ['of American Express', '378282246310005'],
    ['of American Express, in groups', '3782 822463 10005'],
    ['of 19 digits', '6304000000000000000'],
  ])('holds no card number: %s', (_name, text) => {
    for (const fields of [{ text }, { list: [{ [text]: text }] }, { error: new Error(text) }]) {
      const whole = line(fields);
      expect(whole.replace(/[ -]/g, '')).not.toMatch(/4242424242|3782822463|630400000/);
      expect(whole).toMatch(/\[card …\d{4}\]/);
    }
  });

  it('holds no card number as a number, and stays JSON', () => {
    expect(parsed({ pan: Number(CARD), amountMinor: 5000 })).toMatchObject({
      pan: '[card …4242]',
      amountMinor: 5000,
    });
  });

  it('holds no card number that a cut would make unrecognizable', () => {
    const text = `${'x'.repeat(1989)} ${CARD} ${'x'.repeat(20_000)}`;
    expect(line({ text })).not.toContain('42424242');
  });

  it.each([
    ['an id', `evt_${CARD}`],
    ['an id with dashes', `order-${CARD}-1`],
    ['a time in milliseconds', '1795356979235'],
    ['an id with letters', 'T4242424242424242'],
    ['an id of hexadecimal digits', 'evt_d09aa4242424242424242b7'],
    ['a UUID', '12345678-1234-4123-8123-123456789012'],
    ['a hash', `sha256:${'4242424242424242'.repeat(4)}`],
    ['a number that fails the check', '4242424242424241'],
    ['more digits than a card has', '42424242424242424242'],
    ['a time', '2026-03-02T09:17:03.512Z'],
    ['an amount', '5000000'],
  ])('keeps %s', (_name, text) => {
    expect(parsed({ text })['text']).toBe(text);
  });

  it('leaves measured numbers as they are', () => {
    const fields = { seconds: 0.0042424242424242424, other: -12.424242424242424 };
    expect(parsed(fields)).toMatchObject(fields);
    expect(parsed({ ...fields, text: CARD })).toMatchObject({ ...fields, text: '[card …4242]' });
  });

  it('is not written anew when there is nothing to clean', () => {
    const plain = '{"level":30,"seconds":0.0042424242424242424,"id":"evt_1","msg":"delivery"}\n';
    expect(cleanLine(plain)).toBe(plain);
  });
});

describe('a line that must outlive the process', () => {
  let folder: string;
  let file: string;
  let logger: ReturnType<typeof createLogger>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-log-'));
    file = join(folder, 'log');
    logger = createLogger('info', logDestination(openSync(file, 'w')));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const lines = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((one) => one !== '');

  it('is written once one has waited for it, and not before', async () => {
    for (let turn = 1; turn <= 20; turn += 1) {
      const before = lines().length;
      logger.info('first');
      logger.info('second');
      expect(lines().length).toBeLessThan(before + 2); // or waiting would show nothing
      await logWritten(logger);
      expect(lines()).toHaveLength(before + 2);
    }
  });

  it('is not waited for when there is none', async () => {
    await logWritten(logger);
    await logWritten(createLogger('info', { write: () => undefined }));
    expect(lines()).toEqual([]);
  });

  it('is not waited for endlessly when nobody takes it', async () => {
    const stuck = { write: () => undefined, flush: () => undefined };
    await expect(logWritten(createLogger('info', stuck))).resolves.toBeUndefined();
  });
});
