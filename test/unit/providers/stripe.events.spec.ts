import { describe, expect, it } from '@jest/globals';
import { parsePayload } from '../../../src/providers/payload.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { PROVIDERS } from '../../../src/providers/providers.js';
import { readSample, understand } from '../../contracts/provider-harness.js';
import { fact } from './expected-facts.js';

const [stripe] = PROVIDERS;

/** What a sample means with some fields of its envelope or its object changed; undefined removes. */
function understandSample(name: string, object: JsonObject, envelope: JsonObject = {}) {
  const payload = parsePayload(readSample(stripe, name));
  const data = payload['data'] as { object: JsonObject };
  const changed = { ...payload, data: { object: { ...data.object, ...object } }, ...envelope };
  return understand(stripe, Buffer.from(JSON.stringify(changed)));
}

/** The facts of one kind in what a sample means once changed. */
function factsOf(kind: string, name: string, object: JsonObject, envelope?: JsonObject) {
  const result = understandSample(name, object, envelope);
  if (result === null || typeof result === 'string') throw new Error(`no facts: ${result}`);
  return result.facts.filter((each) => each.kind === kind);
}

describe('the envelope of a Stripe event', () => {
  it.each([undefined, null, 5, '', 'e'.repeat(10_000), 'evt_\u0000', 'evt_\ud800', ['evt_1']])(
    'B21 is dead with the id %j, whatever the type',
    (id) => {
      expect(understandSample('charge.succeeded', {}, { id })).toBe('event_id_unusable');
      expect(understandSample('customer.created', {}, { id })).toBe('event_id_unusable');
    },
  );

  it.each(['evt:1/2', 'evt_🧾', "evt_'; DROP TABLE inbox", 'x'])('B21 may have the id %j', (id) => {
    expect(understandSample('charge.succeeded', {}, { id })).toEqual(
      understandSample('charge.succeeded', {}),
    );
  });

  it('is malformed without a type, an object or its id', () => {
    expect(understandSample('charge.succeeded', {}, { type: 5 })).toBe('payload_malformed');
    expect(understandSample('charge.succeeded', {}, { object: null })).toBe('payload_malformed');
    expect(understandSample('charge.succeeded', {}, { data: [] })).toBe('payload_malformed');
    expect(understandSample('charge.succeeded', {}, { data: { object: null } })).toBe(
      'payload_malformed',
    );
    expect(understandSample('charge.succeeded', { id: undefined })).toBe('payload_malformed');
  });

  it('B32 is ignored for other types, however strange they look', () => {
    const strange = { object: 17, data: { object: null }, created: 'now' };
    for (const type of ['ping', 'invoice.paid', 'radar.early_fraud_warning.created', 'charge']) {
      expect(understandSample('charge.succeeded', {}, { ...strange, type })).toBeNull();
    }
  });

  it('B35 tells no time when `created` is none', () => {
    for (const created of [1_768_471_200_000, -1, 1.5, 'x', null, undefined]) {
      const [requested] = factsOf('requested', 'payment_intent.created', {}, { created });
      expect(requested?.occurredAtMs).toBeNull();
    }
  });

  it('B27 means what its last duplicate says', () => {
    const sample = readSample(stripe, 'payment_intent.succeeded').toString();
    const twice = sample.replace('"amount_received"', '"amount_received": 1, "amount_received"');
    expect(understand(stripe, Buffer.from(twice))).toEqual(understand(stripe, Buffer.from(sample)));
  });

  it('keeps live and test apart', () => {
    const live = understandSample('payment_intent.created', {}, { livemode: true });
    expect(live).toMatchObject({ livemode: true });
    const silent = understandSample('payment_intent.created', {}, { livemode: undefined });
    expect(silent).toMatchObject({ livemode: null });
  });

  it('tells which payment of ours it is about, where the metadata say', () => {
    const startedAs = 'tg-01890a5d-ac96-774b-bcce-b302099a8057';
    const metadata = { order_id: 'A', tollgate_payment: startedAs };
    for (const name of ['payment_intent.created', 'charge.succeeded']) {
      expect(understandSample(name, { metadata })).toMatchObject({ startedAs });
      expect(understandSample(name, { metadata: {} })).toMatchObject({ startedAs: null });
    }
    for (const name of ['refund.created', 'checkout.session.completed', 'charge.dispute.created']) {
      expect(understandSample(name, { metadata })).toMatchObject({ startedAs: null });
    }
  });
});

describe('the money in a Stripe event', () => {
  it.each([
    ['payment_intent.succeeded', 'amount_received'],
    ['payment_intent.amount_capturable_updated', 'amount_capturable'],
    ['charge.captured', 'amount_captured'],
    ['charge.succeeded.held', 'amount'],
    ['charge.refunded', 'amount_refunded'],
    ['refund.created', 'amount'],
    ['charge.dispute.created', 'amount'],
    ['checkout.session.completed', 'amount_total'],
  ])('B29 of %s is unusable in %s when it is no exact amount', (name, field) => {
    for (const amount of [2 ** 53, 1e21, -5, 10.5, '1000', true, {}]) {
      expect(understandSample(name, { [field]: amount })).toBe('amount_unusable');
    }
  });

  it.each([
    ['payment_intent.succeeded', 'amount_received'],
    ['refund.created', 'amount'],
    ['charge.dispute.created', 'amount'],
    ['charge.refunded', 'amount_refunded'],
    ['checkout.session.completed', 'amount_total'],
  ])('B29 of %s must be there in %s', (name, field) => {
    expect(understandSample(name, { [field]: null })).toBe('amount_unusable');
    expect(understandSample(name, { [field]: undefined })).toBe('amount_unusable');
  });

  it('B29 is exact up to 2^53-1', () => {
    const amount_received = Number.MAX_SAFE_INTEGER;
    const [captured] = factsOf('captured', 'payment_intent.succeeded', { amount_received });
    expect(captured?.amountMinor).toBe(9007199254740991n);
  });

  it('B30 is in a currency that exists, or in none that is told', () => {
    expect(understandSample('refund.created', { currency: 'zzz' })).toBe('currency_unusable');
    expect(understandSample('refund.created', { currency: 840 })).toBe('currency_unusable');
    const currencies = ['jpy', 'KWD', null].map(
      (currency) => factsOf('refund', 'refund.created', { currency })[0]?.currency,
    );
    expect(currencies).toEqual(['JPY', 'KWD', null]);
  });

  it('may be absent where it only informs', () => {
    const [requested] = factsOf('requested', 'payment_intent.created', { amount: null });
    expect(requested?.amountMinor).toBeNull();
    expect(understandSample('payment_intent.created', { amount: '1' })).toBe('amount_unusable');
  });
});

describe('captured money', () => {
  it('is never invented from an intent that received nothing', () => {
    expect(factsOf('captured', 'payment_intent.succeeded', { amount_received: 0 })).toEqual([]);
  });

  it.each([
    { status: 'failed' },
    { status: 'pending' },
    { paid: false },
    { captured: false },
    { amount_captured: 0 },
    { captured: null, paid: null },
    { captured: 'true' },
  ])('is never invented from a charge with %j', (object) => {
    for (const name of [
      'charge.captured',
      'charge.succeeded',
      'charge.updated',
      'charge.refunded',
    ]) {
      expect(factsOf('captured', name, object)).toEqual([]);
    }
  });

  it('has one key for the intent, its charge and its session', () => {
    const keys = ['payment_intent.succeeded', 'charge.succeeded', 'checkout.session.completed'].map(
      (name) => factsOf('captured', name, {})[0]?.key,
    );
    expect(new Set(keys)).toEqual(new Set(['pi_3TgSampleOrder1001']));
  });

  it('is the whole charge where the API version does not split it', () => {
    const [captured] = factsOf('captured', 'charge.succeeded', { amount_captured: undefined });
    expect(captured?.amountMinor).toBe(5000n);
  });

  it('is not authorized as well', () => {
    expect(factsOf('authorized', 'charge.succeeded', {})).toEqual([]);
    expect(factsOf('captured', 'charge.succeeded.held', {})).toEqual([]);
    expect(
      factsOf('authorized', 'payment_intent.amount_capturable_updated', { amount_capturable: 0 }),
    ).toEqual([]);
  });
});

describe('a failed attempt', () => {
  const failedKey = (object: JsonObject): string | undefined =>
    factsOf('failed', 'payment_intent.payment_failed', object)[0]?.key;
  const none = { latest_charge: null, last_payment_error: null };

  it('has the key of its charge, wherever the API version names it', () => {
    expect(failedKey({ latest_charge: 'ch_1' })).toBe('ch_1');
    expect(failedKey({ latest_charge: { id: 'ch_2' } })).toBe('ch_2');
    expect(failedKey({ latest_charge: undefined })).toBe('ch_3TgSampleOrder1001Card');
    expect(failedKey({ ...none, charges: { data: [{ id: 'ch_4' }, { id: 'ch_3' }] } })).toBe(
      'ch_4',
    );
  });

  it('has the key of the intent when there was no charge', () => {
    expect(failedKey(none)).toBe('pi_3TgSampleOrder1001');
    expect(failedKey({ ...none, charges: { data: [] } })).toBe('pi_3TgSampleOrder1001');
  });
});

describe('a Stripe refund', () => {
  const stateOf = (name: string, status: unknown) => factsOf('refund', name, { status })[0]?.state;

  it.each([
    ['pending', 'pending'],
    ['requires_action', 'pending'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['canceled', 'cancelled'],
    [null, 'succeeded'],
  ])('of status %s is %s', (status, state) => {
    expect(stateOf('refund.updated', status)).toBe(state);
  });

  it('has failed when the event says so and its status is not final', () => {
    const states = ['pending', 'requires_action', 'failed', 'canceled', 'succeeded'].map((status) =>
      stateOf('refund.failed', status),
    );
    expect(states).toEqual(['failed', 'failed', 'failed', 'cancelled', 'succeeded']);
  });

  it('is malformed with a status that nobody knows', () => {
    expect(understandSample('refund.updated', { status: 'lost' })).toBe('payload_malformed');
  });

  it('belongs to the intent, to the charge as payment, or to a part', () => {
    const owner = (object: JsonObject) => understandSample('refund.created', object);
    expect(owner({ payment_intent: { id: 'pi_1' }, charge: { id: 'ch_1' } })).toMatchObject({
      providerPaymentId: 'pi_1',
      partIds: ['ch_1'],
    });
    expect(owner({ payment_intent: null, charge: 'ch_1' })).toMatchObject({
      providerPaymentId: 'ch_1',
      partIds: ['ch_1'],
    });
    expect(owner({ payment_intent: undefined, charge: 'ch_1' })).toMatchObject({
      providerPaymentId: null,
      partIds: ['ch_1'],
    });
    expect(owner({ payment_intent: null, charge: null })).toBe('payload_malformed');
    expect(owner({ payment_intent: 5 })).toBe('payload_malformed');
  });

  it('counts inside its charge only when it has an id', () => {
    const refunds = [{ amount: 100 }, { id: 're_1', amount: 200, currency: 'usd' }];
    expect(factsOf('refund', 'charge.refunded', { refunds })).toEqual([
      fact('refund', 're_1', {
        amountMinor: 200n,
        currency: 'USD',
        occurredAtMs: Date.parse('2026-01-18T10:00:00Z'),
        state: 'succeeded',
      }),
    ]);
  });

  it('is not what Stripe lists when a hold is released', () => {
    const refunds = { data: [{ id: 're_release', amount: 2000, status: 'succeeded' }] };
    const name = 'charge.refunded.partial-capture';
    expect(factsOf('refund', name, { refunds })).toEqual([]);
    expect(factsOf('refunded_total', name, { amount_refunded: 2000 })).toEqual([]);
    expect(factsOf('refunded_total', name, { amount_refunded: 8000 })[0]?.amountMinor).toBe(6000n);
    const [total] = factsOf('refunded_total', name, { amount_captured: 9000 });
    expect(total?.amountMinor).toBe(3000n);
  });

  it('is not totalled when nothing was refunded', () => {
    expect(factsOf('refunded_total', 'charge.refunded', { amount_refunded: 0 })).toEqual([]);
  });
});

describe('a Stripe dispute', () => {
  it.each([
    ['warning_needs_response', 'inquiry'],
    ['warning_under_review', 'inquiry'],
    ['warning_closed', 'closed'],
    ['needs_response', 'open'],
    ['under_review', 'open'],
    ['charge_refunded', 'closed'],
    ['prevented', 'closed'],
    ['won', 'won'],
    ['lost', 'lost'],
  ])('of status %s is %s', (status, state) => {
    expect(factsOf('dispute', 'charge.dispute.updated', { status })[0]?.state).toBe(state);
  });

  it('is malformed with a status that nobody knows', () => {
    expect(understandSample('charge.dispute.updated', { status: 'maybe' })).toBe(
      'payload_malformed',
    );
  });
});

describe('a Checkout Session', () => {
  const reference = (object: JsonObject) =>
    factsOf('requested', 'checkout.session.completed', object)[0]?.reference;

  it('names the order in its metadata, else in client_reference_id', () => {
    expect(reference({ metadata: { order_id: 'A' }, client_reference_id: 'B' })).toBe('A');
    expect(reference({ metadata: {}, client_reference_id: 'B' })).toBe('B');
    expect(reference({ metadata: null, client_reference_id: null })).toBeNull();
  });

  it('says nothing when it makes no payment', () => {
    const name = 'checkout.session.completed';
    expect(understandSample(name, { mode: 'subscription' })).toBeNull();
    expect(understandSample(name, { mode: 'setup' })).toBeNull();
    expect(understandSample(name, { payment_intent: null })).toBeNull();
    expect(understandSample('checkout.session.expired', { payment_intent: null })).toBeNull();
  });
});

describe('a thin event', () => {
  const thin = (type: string) =>
    understandSample('customer.created', {}, { object: 'v2.core.event', type });

  it('needs the API, except for a ping', () => {
    expect(thin('v1.charge.succeeded')).toBe('needs_provider_api');
    expect(thin('v2.core.health.event_generation_failure.resolved')).toBe('needs_provider_api');
    expect(thin('v2.core.event_destination.ping')).toBeNull();
  });
});
