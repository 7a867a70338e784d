import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, fingerprintRequest } from '../../../src/idempotency/fingerprint.js';

const DEPTH_MAX = 32;
const print = (body: unknown) => fingerprintRequest('POST', '/v1/orders', body).toString('hex');
const printJson = (json: string) => print(JSON.parse(json));

/** What a body can be: a value that JSON.parse returns. */
const bodies = fc
  .json({ maxDepth: 5, stringUnit: 'binary' })
  .map((json) => JSON.parse(json) as unknown);

describe('canonicalJson', () => {
  it('orders members by name, at every depth, and leaves the order of elements', () => {
    const value = { b: [3, { z: 1, y: 2 }, 1], a: { d: null, c: true } };
    expect(canonicalJson(value)).toBe('{"a":{"c":true,"d":null},"b":[3,{"y":2,"z":1},1]}');
  });

  it('is JSON that says the same', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        expect(JSON.parse(canonicalJson(body))).toEqual(body);
      }),
    );
  });

  it('takes 32 levels, and refuses one more', () => {
    const nested = (levels: number) =>
      JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;
    expect(canonicalJson(nested(DEPTH_MAX + 1))).toHaveLength(2 * (DEPTH_MAX + 1));
    for (const levels of [DEPTH_MAX + 2, 30_000]) {
      expect(() => canonicalJson(nested(levels))).toThrow(
        expect.objectContaining({ code: 'bad_request', message: 'the body is nested too deeply' }),
      );
    }
  });

  it('counts the levels of objects like those of lists', () => {
    const nested = (levels: number) =>
      JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as unknown;
    expect(canonicalJson(nested(DEPTH_MAX))).toContain('{"a":1}');
    expect(() => canonicalJson(nested(DEPTH_MAX + 1))).toThrow('nested too deeply');
  });

  it('refuses a number that JSON.parse reads as Infinity, and would be stored as null', () => {
    for (const json of ['1e400', '-1e400', '{"amountMinor":1e400}', '[[1e999]]']) {
      const message = 'a number of the body is too large';
      expect(() => canonicalJson(JSON.parse(json))).toThrow(
        expect.objectContaining({ code: 'bad_request', message }),
      );
    }
  });
});

describe('fingerprintRequest', () => {
  it('is 32 bytes', () => {
    expect(fingerprintRequest('POST', '/v1/orders', {})).toHaveLength(32);
  });

  it('stays the same in whatever order members come', () => {
    fc.assert(
      fc.property(bodies, fc.infiniteStream(fc.nat()), (body, numbers) => {
        expect(print(shuffled(body, numbers))).toBe(print(body));
      }),
    );
  });

  it('differs whenever the body does', () => {
    fc.assert(
      fc.property(bodies, bodies, (one, other) => {
        // Stringified in one order, as toEqual knows no lone halves of characters.
        const isSame = canonicalJson(one) === canonicalJson(other);
        expect(print(one) === print(other)).toBe(isSame);
      }),
    );
  });

  it('differs when one value anywhere in the body is another', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), (body, position) => {
        expect(print(changed(body, position))).not.toBe(print(body));
      }),
    );
  });

  it.each([
    ['white space', '{"a":1,"b":[2]}', ' { "b" : [ 2 ],\n"a":1 } '],
    ['escapes', '{"a":"é/"}', '{"\\u0061":"\\u00e9\\/"}'],
    ['spellings of one number', '[1,100,0]', '[1.0,1e2,-0]'],
    ['a member that comes twice, of which the last counts', '{"a":2}', '{"a":1,"a":2}'],
  ])('does not mind %s', (_what, one, other) => {
    expect(printJson(one)).toBe(printJson(other));
  });

  it.each([
    ['a number and its digits', '{"a":1}', '{"a":"1"}'],
    ['nothing and null', '{}', '{"a":null}'],
    ['false and null', '[false]', '[null]'],
    ['an empty list and an empty object', '[]', '{}'],
    ['a list and an object of its indexes', '["a"]', '{"0":"a"}'],
    ['the order of elements', '[1,2]', '[2,1]'],
    ['where an element belongs', '[[1],2]', '[[1,2]]'],
    ['composed and decomposed letters', '["\\u00e9"]', '["e\\u0301"]'],
    ['halves of characters', '["\\ud800"]', '["\\ud801"]'],
    ['half of a character and its replacement', '["\\ud800"]', '["\\ufffd"]'],
    ['half of a character in a name', '{"\\ud800":1}', '{"\\ud801":1}'],
    ['U+0000 and nothing', '["\\u0000"]', '[""]'],
    ['a member named __proto__', '{"__proto__":{"a":1}}', '{}'],
    ['members of __proto__', '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
    ['upper and lower case of names', '{"a":1}', '{"A":1}'],
  ])('tells apart %s', (_what, one, other) => {
    expect(printJson(one)).not.toBe(printJson(other));
  });

  it('tells apart methods and paths, wherever one ends and the next begins', () => {
    const prints = [
      fingerprintRequest('POST', '/v1/orders', 'x'),
      fingerprintRequest('PUT', '/v1/orders', 'x'),
      fingerprintRequest('POST', '/v1/orders/', 'x'),
      fingerprintRequest('POST/', 'v1/orders', 'x'),
      fingerprintRequest('POST', '/v1/orders"x"', ''),
    ].map((one) => one.toString('hex'));
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('takes no body for null', () => {
    expect(print(undefined)).toBe(print(null));
  });
});

/** The same value with the members of each object in another order. */
function shuffled(value: unknown, numbers: fc.Stream<number>): unknown {
  if (Array.isArray(value)) return value.map((one) => shuffled(one, numbers));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => ({
    rank: numbers.next().value as number,
    member: [name, shuffled(member, numbers)] as const,
  }));
  members.sort((one, other) => one.rank - other.rank);
  return Object.fromEntries(members.map(({ member }) => member));
}

/** The value with one of its leaves, or of its empty lists and objects, replaced by another. */
function changed(value: unknown, position: number): unknown {
  if (typeof value !== 'object' || value === null) return { was: value };
  const names = Object.keys(value);
  const name = names[position % names.length];
  if (name === undefined) return { was: value };
  const copy: unknown[] | object = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
  const member = changed((value as Record<string, unknown>)[name], position);
  Object.defineProperty(copy, name, { value: member, enumerable: true });
  return copy;
}
