import { describe, expect, it } from '@jest/globals';
import type { ClaimedEvent } from '../../../src/inbox/ring.queries.js';
import { translateEvent } from '../../../src/inbox/translate-event.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { PROVIDERS, type ProviderName } from '../../../src/providers/providers.js';
import { readSample } from '../../contracts/provider-harness.js';
import { apiOptions } from '../providers/api-harness.js';

const KEYS = { asked: apiOptions('http://127.0.0.1:1'), silent: null };

function providersWith(api: keyof typeof KEYS) {
  const secrets = new Map([[DEFAULT_ACCOUNT, ['secret']]]);
  return new Map(
    PROVIDERS.map(({ name, create }) => [
      name as string,
      create({ secrets, orderReferenceKey: 'order_id', api: KEYS[api] }),
    ]),
  );
}

function claimed(provider: ProviderName, sample: string | Buffer, account = DEFAULT_ACCOUNT) {
  const entry = PROVIDERS.find(({ name }) => name === provider)!;
  const event: ClaimedEvent = {
    id: '1',
    provider,
    account,
    eventId: 'evt_1',
    eventType: 'any',
    body: Buffer.isBuffer(sample) ? sample : readSample(entry, sample),
    attempts: 0,
    waitsSince: new Date(0),
  };
  return event;
}

const THIN = 'v1.payment_intent.succeeded.thin';
/** It does not say which refund it is. */
const HINT = 'refund.processed';

describe('translateEvent', () => {
  it('says what an event means, which needs no asking when it says it all', () => {
    const event = claimed('stripe', 'payment_intent.succeeded');
    const { facts, isHint } = translateEvent(providersWith('asked'), event);
    expect(facts).toMatchObject({ providerPaymentId: expect.stringMatching(/^pi_/) });
    expect(isHint).toBe(false);
  });

  it('says null of an event that is about no payment', () => {
    const event = claimed('stripe', 'customer.created');
    expect(translateEvent(providersWith('asked'), event)).toEqual({ facts: null, isHint: false });
  });

  it('has an event fetched that only points at something', () => {
    expect(translateEvent(providersWith('asked'), claimed('stripe', THIN))).toEqual({
      facts: 'to_be_fetched',
      isHint: false,
    });
  });

  it('keeps what a hint says, and has its payment asked about', () => {
    const { facts, isHint } = translateEvent(providersWith('asked'), claimed('paystack', HINT));
    expect(facts).toMatchObject({ facts: [{ kind: 'refund' }] });
    expect(isHint).toBe(true);
  });

  it.each([
    ['no API is configured', 'silent', DEFAULT_ACCOUNT],
    ['the API knows no such account', 'asked', 'other'],
  ] as const)('asks nobody when %s', (_why, api, account) => {
    const providers = providersWith(api);
    expect(translateEvent(providers, claimed('paystack', HINT, account)).isHint).toBe(false);
    expect(() => translateEvent(providers, claimed('stripe', THIN, account))).toThrow(
      expect.objectContaining({ code: 'needs_provider_api' }),
    );
  });

  it('leaves every other failure to whoever decides about it', () => {
    const unreadable = claimed('stripe', Buffer.from('{'));
    expect(() => translateEvent(providersWith('asked'), unreadable)).toThrow(
      expect.objectContaining({ code: 'payload_unreadable' }),
    );
    const broken = JSON.parse(String(claimed('paystack', HINT).body)) as { data: object };
    const body = { ...broken, data: { ...broken.data, amount: 'much' } };
    const event = claimed('paystack', Buffer.from(JSON.stringify(body)));
    expect(() => translateEvent(providersWith('asked'), event)).toThrow(
      expect.objectContaining({ code: 'amount_unusable' }),
    );
  });

  it('refuses an event of a provider without a secret, and names it', () => {
    const refused = { code: 'provider_not_configured', message: expect.stringContaining('stripe') };
    expect(() => translateEvent(new Map(), claimed('stripe', THIN))).toThrow(
      expect.objectContaining(refused),
    );
  });
});
