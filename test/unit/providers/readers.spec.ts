import { describe, expect, it } from '@jest/globals';
import { isUsableIdentifier } from '../../../src/providers/identifier.js';
import { readAmount, readCurrency, readOptionalAmount } from '../../../src/providers/money.js';
import { readOrderReference } from '../../../src/providers/order-reference.js';
import {
  idOf,
  isOwnRefundReference,
  readStartedAs,
  referenceOf,
} from '../../../src/providers/own-reference.js';
import { parsePayload, readIdentifier } from '../../../src/providers/payload.js';
import { quote } from '../../../src/providers/provider-errors.js';
import { readIsoTime, readUnixSeconds } from '../../../src/providers/time.js';

describe('readAmount', () => {
  it('reads every integer that JSON carries exactly', () => {
    expect(readAmount(0, 'amount')).toBe(0n);
    expect(readAmount(5000, 'amount')).toBe(5000n);
    expect(readAmount(Number.MAX_SAFE_INTEGER, 'amount')).toBe(9007199254740991n);
  });

  it.each([
    '9007199254740993',
    '1e21',
    '1e400',
    '-0',
    '-5',
    '10.5',
    '"1000"',
    'null',
    'true',
    '[1]',
    '{}',
  ])('B29 refuses %s', (json) => {
    expect(() => readAmount(JSON.parse(json), 'amount')).toThrow(
      expect.objectContaining({ code: 'amount_unusable' }),
    );
  });

  it.each([
    [-0, '-0'],
    [10.5, '10.5'],
    [null, 'null'],
    ['4242424242424242', 'string'],
  ])('says which field held what, and quotes no text: %p', (value, found) => {
    expect(() => readAmount(value, 'data.amount')).toThrow(
      `expected "data.amount" to be an integer of 0 to 2^53-1, found ${found}`,
    );
  });

  it('B29 refuses an absent amount, unless it only informs', () => {
    expect(() => readAmount(undefined, 'amount')).toThrow('found undefined');
    expect(readOptionalAmount(undefined, 'amount')).toBeNull();
    expect(readOptionalAmount(null, 'amount')).toBeNull();
    expect(() => readOptionalAmount('12', 'amount')).toThrow('found string');
  });
});

describe('readCurrency', () => {
  it.each([
    ['usd', 'USD'],
    ['NGN', 'NGN'],
    ['jpy', 'JPY'],
    ['Kwd', 'KWD'],
  ])('B30 reads %s', (text, code) => {
    expect(readCurrency(text)).toBe(code);
  });

  it('gives null when the provider does not say', () => {
    expect(readCurrency(undefined)).toBeNull();
    expect(readCurrency(null)).toBeNull();
  });

  it.each(['', 'us', 'usdt', 'zzz', '$', 'ınr', ' usd', 840, {}, ['usd']])(
    'B30 refuses %j',
    (value) => {
      expect(() => readCurrency(value)).toThrow(
        expect.objectContaining({
          code: 'currency_unusable',
          message: expect.stringContaining('ISO 4217'),
        }),
      );
    },
  );
});

describe('readUnixSeconds', () => {
  it('reads whole seconds of the years 1970 to 9999', () => {
    expect(readUnixSeconds(0)).toBe(0);
    expect(readUnixSeconds(-0)).toBe(0);
    expect(readUnixSeconds(1768471200)).toBe(Date.parse('2026-01-15T10:00:00Z'));
    expect(readUnixSeconds(253402300799)).toBe(Date.parse('9999-12-31T23:59:59Z'));
  });

  it.each([-1, 253402300800, 1768471200000, 1.5, NaN, Infinity, '1768471200', null, undefined])(
    'B35 takes %p for no time',
    (value) => {
      expect(readUnixSeconds(value)).toBeNull();
    },
  );
});

describe('readIsoTime', () => {
  it('reads a time with its offset', () => {
    const expected = Date.UTC(2020, 10, 24, 13, 45, 57);
    expect(readIsoTime('2020-11-24T13:45:57.000Z')).toBe(expected);
    expect(readIsoTime('2020-11-24T14:45:57+01:00')).toBe(expected);
    expect(readIsoTime('2020-11-24T13:45:57.123456789Z')).toBe(expected + 123);
    expect(readIsoTime('1970-01-01T00:00:00Z')).toBe(0);
    expect(readIsoTime('9999-12-31T23:59:59Z')).toBe(Date.UTC(9999, 11, 31, 23, 59, 59));
  });

  it.each([
    '2020-11-24T13:45:57',
    '2020-11-24',
    'Nov 24 2020',
    '2020-13-45T13:45:57Z',
    '1969-12-31T23:59:59Z',
    '9999-12-31T23:59:59.999Z',
    '2020-11-24T13:45:57Z (as they say)',
    '(they say) 2020-11-24T13:45:57Z',
    '',
    null,
    1606225557,
    ['2020-11-24T13:45:57Z'],
  ])('B35 takes %p for no time', (value) => {
    expect(readIsoTime(value)).toBeNull();
  });
});

describe('isUsableIdentifier', () => {
  it.each(['a', 'a'.repeat(255), 'evt:1/2', '🧾', "'; DROP", ' '])('B21 takes %j', (value) => {
    expect(isUsableIdentifier(value)).toBe(true);
  });

  it.each(['', 'a'.repeat(256), 'a\u0000', 'a\n', '\u0085', '\ud800', 5, null, {}])(
    'B21 refuses %j',
    (value) => {
      expect(isUsableIdentifier(value)).toBe(false);
    },
  );
});

describe('readOrderReference', () => {
  it('reads text and integers', () => {
    expect(readOrderReference({ order_id: 'A-1' }, 'order_id')).toBe('A-1');
    expect(readOrderReference({ order_id: 6735 }, 'order_id')).toBe('6735');
  });

  it.each([
    0,
    '',
    null,
    [],
    { order_id: '' },
    { order_id: 1.5 },
    { order_id: '\ud800' },
    { other: 'x' },
  ])('finds none in %j', (metadata) => {
    expect(readOrderReference(metadata, 'order_id')).toBeNull();
  });

  it('B28 does not reach into the prototype', () => {
    expect(readOrderReference({}, 'constructor')).toBeNull();
    expect(readOrderReference(JSON.parse('{"__proto__":{"order_id":"x"}}'), 'order_id')).toBeNull();
  });
});

describe('readStartedAs', () => {
  const OURS = 'tg-01890a5d-ac96-774b-bcce-b302099a8057';

  it.each([OURS, `${OURS}-2`, `${OURS}-10`])('finds %s', (value) => {
    expect(readStartedAs({ tollgate_payment: value })).toBe(value);
  });

  it.each([
    undefined,
    null,
    5,
    '',
    'tg-1',
    ` ${OURS}`,
    `${OURS}-`,
    `${OURS}-2\n`,
    OURS.toUpperCase(),
    { toString: () => OURS },
  ])('does not take %j for ours', (value) => {
    expect(readStartedAs({ tollgate_payment: value })).toBeNull();
  });

  it('finds nothing where there are no metadata', () => {
    for (const metadata of [null, undefined, '', 0, [], {}]) {
      expect(readStartedAs(metadata)).toBeNull();
    }
  });
});

describe('isOwnRefundReference', () => {
  it('knows a note that we wrote', () => {
    expect(isOwnRefundReference('tg-01890a5d-ac96-774b-bcce-b302099a8057')).toBe(true);
    for (const note of ['Refund for transaction tg-1', '', null, 5]) {
      expect(isOwnRefundReference(note)).toBe(false);
    }
    expect(isOwnRefundReference('tg-'.padEnd(255, 'a'))).toBe(true);
    expect(isOwnRefundReference('tg-'.padEnd(256, 'a'))).toBe(false);
  });
});

describe('referenceOf and idOf', () => {
  const ID = '01890a5d-ac96-774b-bcce-b302099a8057';

  it('go to a reference and back', () => {
    expect(referenceOf(ID)).toBe(`tg-${ID}`);
    expect(idOf(referenceOf(ID))).toBe(ID);
  });

  it.each(['', ID, 'tg-1', `tg-${ID}-2`, `x tg-${ID}`, `tg-${ID}x`])('find no id in %j', (text) => {
    expect(idOf(text)).toBeNull();
  });
});

describe('a payload that is not what it must be', () => {
  it.each([
    ['payload_malformed', 'a JSON object', () => parsePayload(Buffer.from('[]'))],
    ['payload_unreadable', 'UTF-8 encoded JSON', () => parsePayload(Buffer.from('{'))],
    ['payload_malformed', 'an identifier in "id"', () => readIdentifier({ id: '' }, 'id')],
    ['payload_malformed', 'an identifier in "id"', () => readIdentifier({}, 'id')],
  ])('is refused with %s, and told what was expected: %s', (code, expected, read) => {
    const message = expect.stringContaining(`expected ${expected}`);
    expect(read).toThrow(expect.objectContaining({ code, message }));
  });

  it('may have an identifier', () => {
    expect(readIdentifier({ id: 'pi_1' }, 'id')).toBe('pi_1');
  });
});

describe('quote', () => {
  it('does not work on a message without end', () => {
    // Looking for an address in all of it took hours.
    expect(quote('x'.repeat(1_000_000))).toBe('x'.repeat(300));
    expect(quote(`${'word '.repeat(200_000)}@`)).toHaveLength(300);
  });

  it('keeps a message short, on one line, and free of what is confidential', () => {
    expect(quote('No such payment_intent: pi_123')).toBe('No such payment_intent: pi_123');
    expect(quote('a\u0000b\nc')).toBe('a b c');
    expect(quote('a\r\n\u0000b')).toBe('a b');
    expect(quote('x'.repeat(1000))).toHaveLength(300);
    expect(quote({ message: 'x' })).toBe('no message');
    for (const secret of [
      'sk_live_51H8',
      'rk_test_****abcd',
      'whsec_a1',
      'pi_1_secret_abc',
      '4242424242424242',
      '5555-5555-5555-4444',
      'a.buyer@example.com',
    ]) {
      expect(quote(`it is ${secret}, they say`)).toBe('it is [removed], they say');
    }
  });
});
