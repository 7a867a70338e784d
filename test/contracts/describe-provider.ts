import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureError, type ErrorCode } from '../../src/errors.js';
import { parsePayload } from '../../src/providers/payload.js';
import type { ProviderEntry } from '../../src/providers/provider-entry.js';
import { DEFAULT_ACCOUNT, type VerifiedEvent } from '../../src/providers/provider.js';
import { compareTimes, T_MAX } from '../support/hostile-timing.js';
import { mutate, nested, strangeValue } from '../support/hostile-values.js';
import { deepFreeze, expectStorable } from './storable-facts.js';
import {
  createProvider,
  deliver,
  NEWEST_SECRET,
  NOW_MS,
  OLDER_SECRET,
  OTHER_ACCOUNT,
  OTHER_SECRET,
  type ProviderSample,
  readSample,
  understand,
} from './provider-harness.js';

/** Of each kind; both kinds take turns. */
const SAMPLES = 10_000;

/** The suite that every provider passes: what Tollgate relies on, whoever the provider is. */
export function describeProvider(entry: ProviderEntry, samples: readonly ProviderSample[]): void {
  const provider = createProvider(entry);
  const telling = samples.find(({ expected }) => expected !== null && typeof expected === 'object');
  if (telling === undefined) throw new Error(`no sample of ${entry.name} tells a fact`);
  const body = readSample(entry, telling.name);
  const genuine = entry.sign({ body, secret: NEWEST_SECRET, signedAtMs: NOW_MS });
  const [headerName = '', header = ''] = Object.entries(genuine)[0] ?? [];

  const verify = (headers: IncomingHttpHeaders, bytes: Buffer = body): VerifiedEvent =>
    provider.verify({ headers, body: bytes, account: DEFAULT_ACCOUNT, receivedAtMs: NOW_MS });
  const verifyHeader = (value: string): VerifiedEvent => verify({ [headerName]: value });

  describe(`${entry.name}: samples`, () => {
    it('has an expectation for every sample', () => {
      const files = readdirSync(entry.samplesFolder).sort();
      expect(samples.map(({ name }) => `${name}.json`).sort()).toEqual(files);
    });

    it.each(samples)('understands $name', ({ name, eventType, expected }) => {
      const sample = readSample(entry, name);
      expect(deliver(entry, sample)).toMatchObject({ eventType, body: sample });
      expect(understand(entry, sample)).toEqual(expected);
    });

    it('gives every sample its own id', () => {
      const ids = samples.map(({ name }) => deliver(entry, readSample(entry, name)).eventId);
      expect(new Set(ids).size).toBe(samples.length);
    });
  });

  describe(`${entry.name}: a genuine delivery`, () => {
    it('is verified, with the bytes as they came', () => {
      const event = verify(genuine);
      expect(event.body).toBe(body);
      expect(event.fingerprint).toHaveLength(32);
      expect(event.eventId.length).toBeLessThanOrEqual(255);
    });

    it('tells which secret matched', () => {
      expect(deliver(entry, body, { secret: NEWEST_SECRET }).secretIndex).toBe(0);
      expect(deliver(entry, body, { secret: OLDER_SECRET }).secretIndex).toBe(1);
      const toOther = { secret: OTHER_SECRET, account: OTHER_ACCOUNT };
      expect(deliver(entry, body, toOther).secretIndex).toBe(0);
    });

    it('is the same event each time', () => {
      expect(verify(genuine)).toEqual(verify(genuine));
    });
  });

  describe(`${entry.name}: a delivery that is not genuine`, () => {
    const hostile: ReadonlyArray<readonly [string, string]> = [
      ['an empty header', ''],
      ['only separators', ',,,==='],
      ['a prefix of the right header', header.slice(0, -1)],
      ['more than the right header', `${header}0`],
      ['the header twice, as Node joins it', `${header}, ${header}`],
      ['the header in upper case', header.toUpperCase()],
      ['one digit changed', header.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))],
      ['white space before', ` ${header}`],
      ['white space after', `${header}\n`],
      ['full-width digits', header.replace(/.$/, '\uff11')],
      ['a NUL', `${header}\u0000`],
      ['16 kB', 'v1=0,'.repeat(3_277)],
    ];

    it.each(hostile)('is refused with %s', (_what, value) => {
      expect(() => verifyHeader(value)).toThrow(SignatureError);
    });

    it('is refused without a header', () => {
      expect(() => verify({})).toThrow(SignatureError);
    });

    it('is refused with a list of headers', () => {
      expect(() => verify({ [headerName]: [header, header] })).toThrow(SignatureError);
    });

    it('is refused with any header that is not the right one', () => {
      const similar = fc.array(
        fc.constantFrom('t=', 'v1=', 'v0=', ',', '=', header, ' ', 'a', '1'),
      );
      const anything = fc.oneof(
        fc.string({ unit: 'binary' }),
        similar.map((parts) => parts.join('')),
      );
      fc.assert(
        fc.property(anything, (value) => {
          fc.pre(!value.includes(header));
          expect(() => verifyHeader(value)).toThrow(SignatureError);
        }),
      );
    });

    const changed: ReadonlyArray<readonly [string, Buffer]> = [
      ['B14 re-serialised', Buffer.from(JSON.stringify(JSON.parse(body.toString())))],
      ['B15 with one bit flipped', flipBit(body, body.length >> 1)],
      ['B15 with CRLF line ends', Buffer.from(body.toString().replaceAll('\n', '\r\n'))],
      ['B15 with a line end more', Buffer.concat([body, Buffer.from('\n')])],
      ['B15 with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])],
      ['emptied', Buffer.alloc(0)],
    ];

    it.each(changed)('is refused when the body was %s', (_what, bytes) => {
      expect(() => verify(genuine, bytes)).toThrow(SignatureError);
    });

    it('B12 is refused when signed for another account', () => {
      expect(() => deliver(entry, body, { secret: OTHER_SECRET })).toThrow(SignatureError);
      expect(() => deliver(entry, body, { account: OTHER_ACCOUNT })).toThrow(SignatureError);
    });

    it('is refused for an account without secrets', () => {
      expect(provider.hasAccount(DEFAULT_ACCOUNT)).toBe(true);
      expect(provider.hasAccount('nobody')).toBe(false);
      expect(() => deliver(entry, body, { account: 'nobody' })).toThrow(SignatureError);
    });

    it('B13 never gets as far as a blank secret', () => {
      for (const secret of ['', '  \t']) {
        const secrets = new Map([[DEFAULT_ACCOUNT, [secret]]]);
        expect(() => entry.create({ secrets, orderReferenceKey: 'order_id', api: null })).toThrow(
          'blank',
        );
      }
    });
  });

  describe(`${entry.name}: the time that a refusal takes`, () => {
    const digest = /[0-9a-f]{64,}$/.exec(header)?.[0] ?? '';
    /** The header with a digest whose first bytes are right, and none of the others. */
    const rightFor = (bytes: number) => {
      const wrong = digest.slice(2 * bytes).replace(/./g, otherDigit);
      return asFromTheWire(header.replace(digest, digest.slice(0, 2 * bytes) + wrong));
    };
    const refuse = (value: string) => () => {
      try {
        verifyHeader(value);
      } catch (error) {
        if (error instanceof SignatureError) return;
        throw error;
      }
      throw new Error('it was accepted');
    };

    it.each([
      ['its first byte is', 1],
      ['all but its last byte are', digest.length / 2 - 1],
    ])(
      'B54 tells nothing of a digest of which %s right (CVE-2022-43411, CVE-2022-43412)',
      (_what, bytes) => {
        const apart = () => compareTimes(refuse(rightFor(0)), refuse(rightFor(bytes)), SAMPLES);
        apart(); // warms up
        // By chance alone one of a hundred thousand tries is this far off; a busy machine adds to it.
        const tries = [apart, apart, apart].map((again) => () => Math.abs(again()));
        expect(tries.some((again) => again() < T_MAX)).toBe(true);
      },
    );

    it('B54 would tell, were digests compared until they differ', () => {
      const leaky = (value: string) => () => {
        for (let at = 0; at < header.length && value[at] === header[at]; at += 1) {
          createHash('sha256').update('as long as it takes to compare').digest();
        }
      };
      const t = compareTimes(leaky(rightFor(0)), leaky(rightFor(1)), SAMPLES);
      expect(Math.abs(t)).toBeGreaterThan(T_MAX);
    });
  });

  describe(`${entry.name}: an authentic body that is strange`, () => {
    const unusable: ReadonlyArray<readonly [string, ErrorCode, Buffer]> = [
      ['B18 empty', 'payload_unreadable', Buffer.alloc(0)],
      ['B19 null', 'payload_malformed', Buffer.from('null')],
      ['B19 a list', 'payload_malformed', Buffer.from('[]')],
      ['B19 text', 'payload_malformed', Buffer.from('"x"')],
      ['B19 a number', 'payload_malformed', Buffer.from('123')],
      ['B20 cut short', 'payload_unreadable', body.subarray(0, body.length >> 1)],
      ['B20 followed by garbage', 'payload_unreadable', Buffer.concat([body, Buffer.from('x')])],
      ['B23 with a raw NUL', 'payload_unreadable', Buffer.concat([body, Buffer.alloc(1)])],
      ['B25 not UTF-8', 'payload_unreadable', asText(0xc3, 0x28)],
      ['B25 overlong UTF-8', 'payload_unreadable', asText(0xc0, 0xaf)],
      ['B25 with 0xFF', 'payload_unreadable', asText(0xff)],
      ['B26 in UTF-16', 'payload_unreadable', Buffer.from(body.toString(), 'utf16le')],
      ['with a signed BOM', 'payload_unreadable', Buffer.concat([asBom(), body])],
      ['B36 100 000 deep', 'payload_malformed', Buffer.from(nested(100_000))],
      ['B36 100 000 deep, not closed', 'payload_unreadable', Buffer.from('['.repeat(100_000))],
    ];

    it.each(unusable)('is kept and dead when it is %s', (_what, code, bytes) => {
      const event = deliver(entry, bytes);
      expect(event.eventId).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(event.eventType).toBe('unreadable');
      expect([event.occurredAtMs, event.livemode]).toEqual([null, null]);
      expect(understand(entry, bytes)).toBe(code);
    });

    const harmless: ReadonlyArray<readonly [string, string]> = [
      ['B22 NUL in a value', '"extra":"a\\u0000b"'],
      ['B22 NUL in a key', '"a\\u0000b":1'],
      ['B24 a lone surrogate', '"extra":"\\ud800","\\udc00":1'],
      ['B28 __proto__', '"__proto__":{"polluted":true,"data":1,"id":1,"type":1,"event":1}'],
      ['B28 constructor.prototype', '"constructor":{"prototype":{"polluted":true}}'],
      ['B32 fields of a later version', '"a_field_of_2099":{"x":[1,2,{"y":null}]}'],
      ['B36 100 000 levels', `"extra":${nested(100_000)}`],
    ];

    it.each(harmless)('means the same with %s', (_what, member) => {
      const bytes = Buffer.from(body.toString().replace(/\}\s*$/, `,${member}}`));
      expect(understand(entry, bytes)).toEqual(telling.expected);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });

    it('ignores an event type that nobody knows', () => {
      const payload = parsePayload(body);
      const typeField = 'event' in payload ? 'event' : 'type';
      for (const type of ['something.new', 'constructor', '__proto__', 'toString']) {
        expect(provider.translate({ ...payload, [typeField]: type })).toBeNull();
      }
    });
  });

  describe(`${entry.name}: pointsAt`, () => {
    it('points at an object with a name, or at nothing, whatever the payload', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...samples.map(({ name }) => name)),
          fc.array(fc.tuple(fc.nat(), strangeValue), { maxLength: 3 }),
          (name, mutations) => {
            const payload = parsePayload(readSample(entry, name));
            for (const [place, value] of mutations) mutate(payload, place, value);
            const pointer = provider.pointsAt(payload);
            if (pointer === null) return;
            for (const part of [pointer.kind, pointer.id]) {
              expect(part).toMatch(/^[^\p{Cc}\p{Cs}]{1,255}$/u);
            }
          },
        ),
        { numRuns: 500 },
      );
    });
  });

  describe(`${entry.name}: translate`, () => {
    it('is pure: the same facts each time, from a payload it cannot change', () => {
      for (const { name, expected } of samples) {
        if (typeof expected === 'string') continue;
        const payload = deepFreeze(parsePayload(readSample(entry, name)));
        expect(provider.translate(payload)).toEqual(provider.translate(payload));
      }
    });

    it('never fails otherwise than with a code for a dead letter', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...samples.map(({ name }) => name)),
          fc.array(fc.tuple(fc.nat(), strangeValue), { minLength: 1, maxLength: 3 }),
          (name, mutations) => {
            const payload = parsePayload(readSample(entry, name));
            for (const [place, value] of mutations) mutate(payload, place, value);
            const facts = understand(entry, Buffer.from(JSON.stringify(payload)));
            if (facts !== null && typeof facts === 'object') expectStorable(facts);
          },
        ),
        { numRuns: 1_000 },
      );
    });
  });
}

/**
 * Another hexadecimal digit of the same kind, numeral or letter: a text of noughts alone is read
 * faster than one of every digit, which is no secret and would be taken for one.
 */
function otherDigit(digit: string): string {
  const kind = digit < 'a' ? '0123456789' : 'abcdef';
  return kind.charAt((kind.indexOf(digit) + 1) % kind.length);
}

/** The text in one piece, as Node's HTTP parser gives it, and not joined from two. */
function asFromTheWire(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function flipBit(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function asText(...bytes: number[]): Buffer {
  return Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
}

function asBom(): Buffer {
  return Buffer.from([0xef, 0xbb, 0xbf]);
}
