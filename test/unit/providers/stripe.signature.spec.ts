import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import Stripe from 'stripe';
import { SignatureError } from '../../../src/errors.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { signStripeBody } from '../../../src/providers/stripe/stripe.sign.js';
import { createStripeProvider } from '../../../src/providers/stripe/stripe.provider.js';

const SECRET = 'whsec_a_secret_of_the_endpoint';
const OLD_SECRET = 'whsec_the_secret_before_that';
const BODY = Buffer.from('{"id":"evt_1","object":"event","type":"customer.created"}');
const T = 1_768_471_200;

const provider = createStripeProvider({
  secrets: new Map([[DEFAULT_ACCOUNT, [SECRET, OLD_SECRET]]]),
  orderReferenceKey: 'order_id',
  api: null,
});

const digest = (secret = SECRET, t: string | number = T, body = BODY): string =>
  createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex');

const verify = (header: string | string[] | undefined, receivedAtMs = T * 1000, body = BODY) =>
  provider.verify({
    headers: header === undefined ? {} : { 'stripe-signature': header },
    body,
    account: DEFAULT_ACCOUNT,
    receivedAtMs,
  });

/** Why a header is refused; 'accepted' when it is not. Any other error fails the test. */
const judge = (header: string | string[] | undefined, receivedAtMs?: number): string => {
  try {
    verify(header, receivedAtMs);
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError) return error.reason;
    throw error;
  }
};

const RIGHT = digest();
const OTHER = 'deadbeef'.repeat(8);

describe('the Stripe signature', () => {
  it('accepts what Stripe signs', () => {
    expect(verify(`t=${T},v1=${RIGHT}`)).toMatchObject({ eventId: 'evt_1', secretIndex: 0 });
    expect(verify(`t=${T},v1=${digest(OLD_SECRET)}`).secretIndex).toBe(1);
  });

  it("agrees with Stripe's own library, in both directions", () => {
    const { webhooks } = Stripe;
    const payload = BODY.toString();
    const theirs = webhooks.generateTestHeaderString({ payload, secret: SECRET, timestamp: T });
    expect(judge(theirs)).toBe('accepted');

    const ours = signStripeBody({ body: BODY, secret: SECRET, signedAtMs: T * 1000 });
    const header = ours['stripe-signature'] ?? '';
    expect(header).toBe(theirs.replace(/,v0=.*/, ''));
    expect(webhooks.constructEvent(payload, header, SECRET, 300, undefined, T * 1000).id).toBe(
      'evt_1',
    );
  });

  it.each([RIGHT, OTHER])('reads v1=%s alike in every header that holds it', (digest) => {
    const usual = judge(`t=${T},v1=${digest}`);
    expect(judge(`v1=${digest},t=${T}`)).toBe(usual);
    expect(judge(`t=${T},v1=${digest},v0=${OTHER}`)).toBe(usual);
    expect(judge(`t=${T},v1=${digest},v2=${OTHER}`)).toBe(usual);
    expect(judge(`t=${T},v1=${digest}\n`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${digest},v0=${OTHER}\n`)).toBe('header_malformed');
  });

  it('B1 refuses a request without the header', () => {
    expect(judge(undefined)).toBe('header_missing');
  });

  it.each([`t=${T},v1=${RIGHT},v2`, `t=${T},v1=${RIGHT},=v2`, `v2,t=${T},v1=${RIGHT}`])(
    'B2 refuses %j, which has an entry without a scheme or a value',
    (header) => {
      expect(judge(header)).toBe('header_malformed');
    },
  );

  it.each(['t=,v1=', ',,,===', 't', 't,v1=,v0=', '=', 'v1', `t=${T}`, `t=${T},`, `v1=${RIGHT}`])(
    'B2 refuses the header %j',
    (header) => {
      expect(judge(header)).toBe('header_malformed');
    },
  );

  it('B2 refuses an empty header', () => {
    expect(judge('')).toBe('header_missing');
  });

  it('B3 refuses a v1 that is empty, or a prefix of the right one', () => {
    expect(judge(`t=${T},v1=`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${RIGHT.slice(0, 62)}`)).toBe('header_malformed');
  });

  it('B4 refuses a v1 that is longer, not hex, upper-case or beyond ASCII', () => {
    expect(judge(`t=${T},v1=${RIGHT}00`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${'z'.repeat(64)}`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${'A'.repeat(64)}`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${'é'.repeat(64)}`)).toBe('header_malformed');
  });

  it('B5 accepts when the second of two v1 is right, as during a rotation', () => {
    expect(judge(`t=${T},v1=${OTHER},v1=${RIGHT}`)).toBe('accepted');
    expect(judge(`t=${T},v1=nonsense,v1=${RIGHT}`)).toBe('accepted');
  });

  it('B6 considers eight v1 and no more', () => {
    expect(judge(`t=${T}${`,v1=${OTHER}`.repeat(7)},v1=${RIGHT}`)).toBe('accepted');
    expect(judge(`t=${T}${`,v1=${OTHER}`.repeat(8)},v1=${RIGHT}`)).toBe('no_match');
  });

  it('B6 refuses a header of more than 4096 characters', () => {
    expect(judge(`t=${T},v1=${RIGHT}${`,v1=${OTHER}`.repeat(1000)}`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${RIGHT},v0=`.padEnd(4096, '0'))).toBe('accepted');
    expect(judge(`t=${T},v1=${RIGHT},v0=`.padEnd(4097, '0'))).toBe('header_malformed');
  });

  it('B7 refuses a right digest under v0', () => {
    expect(judge(`t=${T},v0=${RIGHT}`)).toBe('header_malformed');
    expect(judge(`t=${T},v1=${OTHER},v0=${RIGHT}`)).toBe('no_match');
  });

  it.each(['123abc', '-1', '1e9', '9999999999999999', '0', '01', '+1', '1.5', '', '１'])(
    'B8 refuses the time %j even when it is what was signed',
    (time) => {
      expect(judge(`t=${time},v1=${digest(SECRET, time)}`)).toBe('header_malformed');
    },
  );

  it('B8 refuses two times', () => {
    expect(judge(`t=${T},t=${T},v1=${RIGHT}`)).toBe('header_malformed');
  });

  it('B9 accepts a signature of exactly the tolerance, and refuses one a second older', () => {
    expect(judge(`t=${T},v1=${RIGHT}`, (T + 300) * 1000)).toBe('accepted');
    expect(judge(`t=${T},v1=${RIGHT}`, (T + 301) * 1000)).toBe('timestamp_too_old');
  });

  it('B10 refuses a time further in the future than the tolerance', () => {
    expect(judge(`t=${T},v1=${RIGHT}`, (T - 300) * 1000)).toBe('accepted');
    expect(judge(`t=${T},v1=${RIGHT}`, (T - 301) * 1000)).toBe('timestamp_in_future');
  });

  it('tells of a wrong clock only when Stripe did sign', () => {
    expect(judge(`t=${T},v1=${OTHER}`, (T + 9_000) * 1000)).toBe('no_match');
  });

  it('B11 refuses a header that came twice, joined by Node or not', () => {
    const header = `t=${T},v1=${RIGHT}`;
    expect(judge(`${header}, ${header}`)).toBe('header_malformed');
    expect(judge([header, header])).toBe('header_malformed');
  });

  it('B12 refuses the signature of another secret', () => {
    expect(judge(`t=${T},v1=${digest('whsec_of_somebody_else')}`)).toBe('no_match');
  });

  it('B12 refuses a right digest of another time', () => {
    expect(judge(`t=${T + 1},v1=${RIGHT}`)).toBe('no_match');
  });

  it('B13 refuses an HMAC under an empty key', () => {
    expect(judge(`t=${T},v1=${digest('')}`)).toBe('no_match');
  });

  it('B16 verifies a replay inside the window as the same event', () => {
    const header = `t=${T},v1=${RIGHT}`;
    expect(verify(header, (T + 60) * 1000)).toEqual(verify(header));
  });

  it('B17 gives one id and two fingerprints to two bodies with one event id', () => {
    const other = Buffer.from('{"id":"evt_1","object":"event","type":"customer.deleted"}');
    const first = verify(`t=${T},v1=${RIGHT}`);
    const second = verify(`t=${T},v1=${digest(SECRET, T, other)}`, T * 1000, other);
    expect(second.eventId).toBe(first.eventId);
    expect(second.fingerprint).not.toEqual(first.fingerprint);
  });
});
