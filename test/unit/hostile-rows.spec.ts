import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What a request may have wrong with it, and what must become of it; each has a test of its name. */
const ROWS: Readonly<Record<string, string>> = {
  B1: 'no signature header: 401, no row',
  B2: 'a header without a signature in it: 401, with the body of every other 401',
  B3: 'a digest that is a prefix, or empty: 401, and nothing is thrown',
  B4: 'a digest that is longer, not hexadecimal, upper-case or beyond ASCII: 401',
  B5: 'the second of two digests is right, as during a rotation: accepted',
  B6: 'a thousand digests or 16 kB of header: 401 or 431, and a few comparisons at most',
  B7: 'the right digest under a weaker scheme: 401',
  B8: 'no time, two times, or what is no whole number of seconds: 401',
  B9: 'a time at the end of the tolerance is accepted, one a second older is a 401',
  B10: 'a time in the future beyond the tolerance: 401',
  B11: 'the signature header twice: 401, always',
  B12: 'signed for another account, provider or secret: 401',
  B13: 'a secret that is unset, empty or blank: the process does not start',
  B14: 'a body that was serialised again: 401',
  B15: 'a body of which any byte has changed: 401',
  B16: 'a request that was captured and sent again: 200, one effect',
  B17: 'one event id with another body: 200, the first body stays, a conflict is counted',
  B18: 'an empty body, signed: kept as a dead letter',
  B19: 'JSON that is no object, signed: kept as a dead letter',
  B20: 'JSON that breaks off, or goes on too long, signed: kept under its hash',
  B21: 'an event without a usable id: dead letter; with an odd one: as any other',
  B22: 'U+0000 in texts and keys: applied, the bytes as they came',
  B23: 'a raw NUL in the body: kept as a dead letter',
  B24: 'half of a character: applied',
  B25: 'bytes that are no UTF-8: kept as a dead letter, nothing is replaced',
  B26: 'another character set: never decoded by it',
  B27: 'a key twice: the last one counts, everywhere',
  B28: 'keys of prototypes: applied, and no object has changed',
  B29: 'an amount that is no exact amount: dead letter, never rounded',
  B30: 'an unknown currency: dead letter; minor units are taken as they are',
  B31: 'amount, currency or account are not those of our order: nothing is paid silently',
  B32: 'an unknown type, or a later version: ignored, or applied without what is unknown',
  B33: 'an event before the payment that it is about: kept, and counted once that comes',
  B34: 'a refund beyond the capture, a capture after a cancellation: a person decides',
  B35: 'a time that is none, or far away: applied',
  B36: 'a hundred thousand levels: dead letter or applied, and no stack overflows',
  B37: 'a body at, over and far over the limit, and a length that lies: 413 without reading, or 400',
  B38: 'a body that never ends: 408, and others are served meanwhile',
  B39: 'heads that never end: 408, and others are served meanwhile',
  B40: 'an encoded body: 415, and nothing is inflated',
  B41: 'a frame that may be read in two ways: 400, and no second request is served',
  B42: 'any content type: a delivery is judged by its signature, a command must be JSON',
  B43: 'another method: 405, and HEAD gets past no guard',
  B44: 'another spelling of the path: no door, or the same door',
  B45: 'an unknown provider: 404, which tells nothing',
  B46: 'an Idempotency-Key that is missing, malformed or there twice: 400',
  B47: 'one key for other bodies, routes and callers, and fifty times at once: one effect',
  B48: 'a crash within a request, and the same key again: one effect',
  B49: 'words of SQL in every text: stored as they are',
  B50: 'what forges lines of a log: one line, short, without card numbers',
  B51: 'a replay that cannot be, by somebody who must not: refused and written down',
  B52: 'a flood of unsigned requests: 401, and PostgreSQL hears nothing',
  B53: 'many requests in one pipe and on one connection: answered in their order',
  B54: 'a digest whose first byte is right: takes as long as any other',
};

/** What has happened to others, and must not happen here; each stands in the name of a test. */
const INCIDENTS: Readonly<Record<string, string>> = {
  'CVE-2022-43411': 'a plugin of Jenkins compared digests until the first difference',
  'CVE-2022-43412': 'another one did, too',
  'CVE-2024-21491': 'svix compared as many bytes of a digest as it was given',
  'CVE-2025-53548': 'Clerk took a signature for right that was not',
  'CVE-2023-50728': 'octokit ended its process over a malformed request',
  'CVE-2026-21894': 'n8n believed what nobody had signed',
  'CVE-2026-1461': 'an empty secret signed for everybody',
  'CVE-2026-9189': 'nobody looked whether the amount was the one of the order',
  'CVE-2022-39288': 'a content type ended Fastify',
  'CVE-2026-3419': 'Fastify took a broken content type for JSON',
  'CVE-2026-33011': 'HEAD got past the guards of Nest',
  'BullMQ #4682': 'the log of a job races with its end on PostgreSQL',
  'Bishop Fox': 'two parsers of JSON read two payments in one',
  'kodus #1683': 'a pattern for U+0000 finds nothing in JSON',
  fsyncgate: 'a database forgot what it had committed',
};

const TESTS = fileURLToPath(new URL('../', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));
const NAME_OF_A_ROW = /^(B\d+) \S/;

describe('what a hostile request may be', () => {
  const texts = readSources(TESTS).filter(({ path }) => /\.spec\.tsx?$|describe-/.test(path));
  const names = texts.flatMap(({ path, text }) => testNames(path, text));
  const rows = names.flatMap((name) => NAME_OF_A_ROW.exec(name)?.[1] ?? []);

  it.each(Object.keys(ROWS))('%s has a test of its name', (row) => {
    expect(rows).toContain(row);
  });

  it('has no test of a row that there is not', () => {
    expect(rows.filter((row) => !(row in ROWS))).toEqual([]);
  });

  it.each(Object.keys(INCIDENTS))('%s has a test of its name', (incident) => {
    expect(names.filter((name) => name.includes(incident))).not.toEqual([]);
  });

  it('is found only in the names of tests', () => {
    const text = `it('B1 is', () => { f('B2 not'); }); it.each([['B3 is', 1]])('%s', f); // 'B4 not'
      const CASES = [['B5 is', 2]]; const other = 'B6 not'; describe(\`B7 is\`, f);`;
    expect(testNames('a.ts', text).filter((name) => NAME_OF_A_ROW.test(name))).toEqual([
      'B1 is',
      'B3 is',
      'B5 is',
      'B7 is',
    ]);
  });
});

it('no job is logged into, which races with its end on PostgreSQL (BullMQ #4682)', () => {
  const into = /\bjob\w*\s*\.\s*log\s*\(/i;
  expect(into.test('await job.log("x")')).toBe(true);
  const found = readSources(SOURCES).filter(({ text }) => into.test(text));
  expect(found.map(({ path }) => path)).toEqual([]);
});

function readSources(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

/** Names of tests: the first argument of `it` and `describe`, and what stands in a table of cases. */
function testNames(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && isName(node)) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function isName(node: ts.StringLiteralLike): boolean {
  const { parent } = node;
  // The first column of a table for it.each, wherever it is written.
  if (ts.isArrayLiteralExpression(parent)) return parent.elements[0] === node;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  return /^(?:it|test|describe)\b/.test(parent.expression.getText());
}
