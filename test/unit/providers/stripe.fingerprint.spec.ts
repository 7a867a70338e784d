import { describe, expect, it } from '@jest/globals';
import { fingerprintStripeBody } from '../../../src/providers/stripe/stripe.fingerprint.js';

const fingerprint = (text: string): string =>
  fingerprintStripeBody(Buffer.from(text)).toString('hex');

describe('the fingerprint of a Stripe event', () => {
  it('leaves out how many deliveries are still to be made', () => {
    const first = fingerprint('{"id":"evt_1",\n "pending_webhooks" : 3,"type":"x"}');
    expect(fingerprint('{"id":"evt_1",\n "pending_webhooks" : 10,"type":"x"}')).toBe(first);
  });

  it('tells every other difference', () => {
    const first = fingerprint('{"id":"evt_1","pending_webhooks":3,"type":"x"}');
    expect(fingerprint('{"id":"evt_1","pending_webhooks":3,"type":"y"}')).not.toBe(first);
    expect(fingerprint('{"id":"evt_1","pending_webhooks": 3,"type":"x"}')).not.toBe(first);
    expect(fingerprint('{"id":"evt_1","pending_webhooks":null,"type":"x"}')).not.toBe(first);
  });

  it('finds the field at the beginning, and whatever space is around its colon', () => {
    const counted = (count: number) => [
      fingerprint(`"pending_webhooks":${count}`),
      fingerprint(`{"pending_webhooks":${count}}`),
      ...['\t', '\n', '\r', ' \r\n\t'].map((space) =>
        fingerprint(`{"pending_webhooks"${space}:${space}${count}}`),
      ),
    ];
    expect(counted(9)).toEqual(counted(10));
  });

  it.each([
    ['what follows it', (one: number) => `{"pending_webhooks":1,"${one}":true}`],
    ['a member of a body without it', (one: number) => `{"abcdefghijklmn":${one}}`],
    ['what only comes after its name', (one: number) => `["pending_webhooks",${one}]`],
  ])('leaves in %s', (_what, body) => {
    expect(fingerprint(body(1))).not.toBe(fingerprint(body(2)));
  });

  it('takes text that looks like the field for text', () => {
    const quoted = (count: number): string =>
      JSON.stringify({ data: { note: `"pending_webhooks":${count}` }, pending_webhooks: 1 });
    expect(fingerprint(quoted(1))).not.toBe(fingerprint(quoted(2)));
  });

  it.each(['', '"pending_webhooks"', '{"pending_webhooks":', '{"pending_webhooks":}'])(
    'takes %j as it is',
    (text) => {
      expect(fingerprint(text)).toHaveLength(64);
      expect(fingerprint(text)).not.toBe(fingerprint(`${text} `));
    },
  );
});
