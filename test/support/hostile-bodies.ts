import fc from 'fast-check';
import { PROVIDERS, type ProviderName } from '../../src/providers/providers.js';
import type { JsonObject } from '../../src/providers/provider.js';
import { readdirSync } from 'node:fs';
import {
  BROKEN_TEXTS,
  HOSTILE_BODIES,
  HOSTILE_MEMBERS,
  HOSTILE_NUMBERS,
  HOSTILE_TEXTS,
  mutate,
  NO_NUMBERS,
  NO_TEXTS,
  strangeValue,
} from './hostile-values.js';

/** What a hostile body begins as: a sample of a provider. */
export interface Sample {
  readonly provider: ProviderName;
  readonly name: string;
}

/** One change of a body; `change` never fails, whatever it is given. */
export interface BodyMutation {
  readonly what: string;
  readonly change: (body: Buffer) => Buffer;
}

/** Every sample of every provider. */
export const SAMPLES: readonly Sample[] = PROVIDERS.flatMap(({ name, samplesFolder }) =>
  readdirSync(samplesFolder)
    .sort()
    .map((file) => ({ provider: name, name: file.replace(/\.json$/, '') })),
);

/** The parts of a JSON that are changed, told apart by where they stand. */
type Token = 'number' | 'text' | 'key' | 'object';

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\{/g;

/** Repeating and nesting stop here: a little more than a delivery may have. */
const BYTES_MAX = 1_100_000;

/** Anywhere in a body, whose length is not known yet. */
const place = fc.nat({ max: 1_000_000 });
const few = fc.integer({ min: 1, max: 64 });

/** Changes of bytes that know nothing of JSON. */
export const byteMutation: fc.Arbitrary<BodyMutation> = fc.oneof(
  fc
    .tuple(place, fc.nat({ max: 7 }))
    .map(([at, bit]) =>
      mutation('flip', (body) =>
        edit(body, at, 1, (byte) => Buffer.from([(byte[0] ?? 0) ^ (1 << bit)])),
      ),
    ),
  fc
    .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 16 }))
    .map(([at, bytes]) =>
      mutation('insert', (body) => edit(body, at, 0, () => Buffer.from(bytes))),
    ),
  fc
    .tuple(place, few)
    .map(([at, count]) =>
      mutation('delete', (body) => edit(body, at, count, () => Buffer.alloc(0))),
    ),
  place.map((at) => mutation('truncate', (body) => body.subarray(0, at % (body.length + 1)))),
  fc.integer({ min: 2, max: 40 }).map((times) => mutation('repeat', (body) => repeat(body, times))),
  fc
    .constantFrom('\ufeff', ' ', '\n', '\r\n', '\u0000', 'x', ',', '}')
    .map((text) => mutation('append', (body) => Buffer.concat([body, Buffer.from(text)]))),
  fc.constant(mutation('byte order mark', (body) => Buffer.concat([Buffer.from('\ufeff'), body]))),
);

/** Changes of what a JSON says, which leave it JSON: numbers, texts, members, nesting. */
export const jsonMutation: fc.Arbitrary<BodyMutation> = fc.oneof(
  replaced('number', 'number', HOSTILE_NUMBERS.map(asBytes)),
  replaced('number for a text', 'text', HOSTILE_NUMBERS.map(asBytes)),
  replaced('text', 'text', HOSTILE_TEXTS),
  replaced('text for a number', 'number', HOSTILE_TEXTS),
  replaced('key', 'key', HOSTILE_TEXTS),
  fc
    .tuple(place, fc.constantFrom(...HOSTILE_MEMBERS))
    .map(([at, member]) =>
      mutation('member', (body) => replaceToken(body, 'object', at, () => asBytes(`{${member},`))),
    ),
  fc
    .tuple(place, strangeValue)
    .map(([at, value]) => mutation('value', (body) => changeValue(body, at, value))),
  // The same object says it twice: once otherwise, and then as it was.
  fc
    .tuple(place, fc.constantFrom(...HOSTILE_NUMBERS))
    .map(([at, number]) =>
      mutation('member twice', (body) =>
        replaceToken(body, 'key', at, (key) => asBytes(`${key}: ${number}, ${key}`)),
      ),
    ),
);

/** Changes after which it is no JSON, though some readers would not mind. */
export const brokenJsonMutation: fc.Arbitrary<BodyMutation> = fc.oneof(
  replaced('no number', 'number', NO_NUMBERS.map(asBytes)),
  replaced('no text', 'text', NO_TEXTS),
  replaced('broken text', 'text', BROKEN_TEXTS),
  replaced('broken key', 'key', BROKEN_TEXTS),
);

/** A body that is something else altogether. */
export const wholeMutation: fc.Arbitrary<BodyMutation> = fc.oneof(
  fc.constantFrom(...HOSTILE_BODIES).map((bytes) => mutation('another body', () => bytes)),
  fc
    .uint8Array({ maxLength: 200 })
    .map((bytes) => mutation('random bytes', () => Buffer.from(bytes))),
  fc.constant(mutation('UTF-16', (body) => Buffer.from(body.toString('latin1'), 'utf16le'))),
  fc.json({ maxDepth: 4 }).map((text) => mutation('random JSON', () => asBytes(text))),
);

/** One to three changes, most of which leave it JSON: what is unreadable tests little. */
export const bodyMutations: fc.Arbitrary<readonly BodyMutation[]> = fc.array(
  fc.oneof(
    { weight: 24, arbitrary: jsonMutation },
    { weight: 2, arbitrary: brokenJsonMutation },
    { weight: 2, arbitrary: byteMutation },
    { weight: 1, arbitrary: wholeMutation },
  ),
  { minLength: 1, maxLength: 3 },
);

/** Carries out changes, one after the other, within a bound. */
export function applyMutations(body: Buffer, mutations: readonly BodyMutation[]): Buffer {
  return mutations.reduce((changed, { change }) => change(changed), body).subarray(0, BYTES_MAX);
}

function mutation(what: string, change: BodyMutation['change']): BodyMutation {
  return { what, change };
}

/** Puts one of these in place of one of the tokens. */
function replaced(
  what: string,
  kind: Token,
  values: readonly Buffer[],
): fc.Arbitrary<BodyMutation> {
  return fc
    .tuple(place, fc.constantFrom(...values))
    .map(([at, value]) => mutation(what, (body) => replaceToken(body, kind, at, () => value)));
}

/** The bytes stay bytes: as Latin-1 every byte is one character, and comes back as it was. */
function replaceToken(
  body: Buffer,
  kind: Token,
  at: number,
  value: (found: string) => Buffer,
): Buffer {
  const json = body.toString('latin1');
  const tokens = [...json.matchAll(TOKEN)].filter((match) => kindOf(json, match) === kind);
  const token = tokens[at % tokens.length];
  if (token === undefined) return body;
  return edit(body, token.index, token[0].length, () => value(token[0]));
}

function kindOf(json: string, { 0: token, index }: RegExpMatchArray & { index: number }): Token {
  if (token === '{') return 'object';
  if (!token.startsWith('"')) return 'number';
  return /^\s*:/.test(json.slice(index + token.length, index + token.length + 20)) ? 'key' : 'text';
}

function changeValue(body: Buffer, at: number, value: unknown): Buffer {
  try {
    const payload: unknown = JSON.parse(body.toString('utf8'));
    if (typeof payload !== 'object' || payload === null) return body;
    mutate(payload as JsonObject, at, value);
    return asBytes(JSON.stringify(payload));
  } catch {
    return body; // an earlier change has left no JSON
  }
}

function edit(body: Buffer, at: number, count: number, change: (bytes: Buffer) => Buffer): Buffer {
  const from = at % (body.length + 1);
  const found = body.subarray(from, from + count);
  return Buffer.concat([body.subarray(0, from), change(found), body.subarray(from + count)]);
}

function repeat(body: Buffer, times: number): Buffer {
  const count = Math.max(1, Math.min(times, Math.floor(BYTES_MAX / (body.length + 1))));
  return Buffer.concat(Array.from({ length: count }, () => body));
}

function asBytes(text: string): Buffer {
  return Buffer.from(text);
}
