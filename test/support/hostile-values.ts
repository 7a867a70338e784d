import fc from 'fast-check';
import type { JsonObject } from '../../src/providers/provider.js';

/** Values that a field of a payload may hold, of the kinds that break readers. */
export const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(undefined, null, '', 0, -1, 0.5, 2 ** 53, 1e21, '10', true, false),
  fc.constantFrom<unknown>([], {}, [[]], { id: 1 }, { data: [null, {}] }, { id: 'x' }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Puts a value at one of the places inside an object, whichever `place` chances upon. */
export function mutate(root: JsonObject, place: number, value: unknown): void {
  const places: Array<[Record<string, unknown>, string]> = [];
  const collect = (object: Record<string, unknown>): void => {
    for (const [key, inner] of Object.entries(object)) {
      places.push([object, key]);
      if (typeof inner === 'object' && inner !== null) collect(inner as Record<string, unknown>);
    }
  };
  collect(root);
  const [object, key] = places[place % places.length] ?? [];
  // Cloned, since one value may go to several places and must not come to hold itself.
  if (object !== undefined && key !== undefined) object[key] = structuredClone(value);
}

/** Numbers that readers round, refuse or take for something else. */
export const HOSTILE_NUMBERS: readonly string[] = [
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['2147483647', '2147483648', '4294967296', '9223372036854775807', '9223372036854775808'],
  ...['1e21', '1E5', '1e-7', '1e400', '-1e400', '5e-324', '-0', '-0.0', '-1', '0', '0.1', '1.0'],
  ...['"1000"', '"-5"', '"1e3"', '"0x10"', '"１０００"', '" 5"', '""', 'null', 'true', '[]', '{}'],
  '1'.repeat(400),
  `0.${'3'.repeat(5000)}`,
];

/** What is a number to somebody else than JSON. */
export const NO_NUMBERS: readonly string[] = [
  ...['00', '01', '+1', '.5', '5.', '0x10', '1_000', '1,000', 'NaN', 'Infinity', '1n', '1 000'],
];

/** Texts that some code would rather not have met, as JSON. */
export const HOSTILE_TEXTS: readonly Buffer[] = [
  // Halves of characters, characters that no column takes, and the escapes for them.
  ...['"\\ud800"', '"\\udc00\\ud800"', '"a\\ud83d"', '"\\u0000"', '"a\\u0000b"', '"\\uFFFE"'],
  ...['"\\ufeff"', '"\\u202egnp.exe"', '"\\u2028\\u2029"', '"\\u0085"', '"\\r\\nHTTP/1.1 200 OK"'],
  ...['"\u202e\u2066 abc"', '"e\u0301\u0301\u0301"', '"👩‍👩‍👧"', '"İıſ"', '"ﷺ"', '"𝟙𝟘𝟘"', '"\u2028"'],
  // What other languages than JSON make of a text.
  ...[`"'; drop table inbox; --"`, '"$1"', '"%s%n%00"', '"\\\\"', '"../../etc/passwd"'],
  ...['"{{7*7}}${7*7}"', '"<script>"', '"=1+1"', '"\\u001b[31mred"', '"4242424242424242"'],
  ...['"__proto__"', '"constructor"', '"toString"', '"null"', '"true"', '"[object Object]"'],
  ...['""', '" "', '"x"', JSON.stringify('x'.repeat(300)), JSON.stringify('長'.repeat(20_000))],
].map((text) => Buffer.from(text));

/** What only looks like a text, or holds control characters as they are. */
export const NO_TEXTS: readonly Buffer[] = [
  ...['"a\nb"', '"a\tb"', "'x'", '"\\x41"', '"\\u12"', '"open', '"a""b"', 'undefined'],
].map((text) => Buffer.from(text));

/** The same, of bytes that are no UTF-8. */
export const BROKEN_TEXTS: readonly Buffer[] = [
  [0xc0, 0xaf], // an overlong slash
  [0xe0, 0x80, 0xaf],
  [0xc3, 0x28], // a sequence that breaks off
  [0xed, 0xa0, 0x80], // half of a character, as CESU-8 writes it
  [0xf4, 0x90, 0x80, 0x80], // beyond Unicode
  [0xff],
  [0x00],
].map((bytes) => Buffer.from([0x22, ...bytes, 0x22]));

/** Members that go in front of an object's own: later ones of the same name win. */
export const HOSTILE_MEMBERS: readonly string[] = [
  '"__proto__":{"polluted":true,"id":"x"}',
  '"constructor":{"prototype":{"polluted":true}}',
  ...['"toJSON":1', '"then":1', '"length":-1', '"valueOf":null', '"hasOwnProperty":1'],
  ...['"":""', '"\\u0000":"\\u0000"', '"\\ud800":1', '"\\u0069d":"evt_other"', '"id":"first"'],
  ...['"data":null', '"type":"first"', '"event":"first"', '"amount":1', '"object":"v2.core.event"'],
  ...[100, 5_000, 100_000].map((depth) => `"deep":${nested(depth)}`),
  `"wide":{${Array.from({ length: 5000 }, (_one, n) => `"k${n}":${n}`).join(',')}}`,
];

/** Bodies that are no event at all. */
export const HOSTILE_BODIES: readonly Buffer[] = [
  ...['', ' ', '\n'.repeat(1000), 'null', '[]', '"x"', '123', '{}', '[{}]', '{"id":1}', 'true'],
  ...['{', '}', '"', '[1,]', '{"a":1,}', '{a:1}', "{'a':1}", '//\n{}', '{}{}', '\u0000', '-', '1e'],
  ...['\ufeff{}', '{"id":"x"}', '{"event":"x","data":{}}', '['.repeat(100_000), nested(100_000)],
  ...['9'.repeat(100_000), 'a=1&b=2', '<xml/>', '--x\r\n\r\n--x--', '{"a":'.repeat(50_000)],
].map((text) => Buffer.from(text));

/** Arrays in arrays. */
export function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}
