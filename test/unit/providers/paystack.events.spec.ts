import { describe, expect, it } from '@jest/globals';
import { parsePayload } from '../../../src/providers/payload.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { PROVIDERS } from '../../../src/providers/providers.js';
import { deliver, readSample, understand } from '../../contracts/provider-harness.js';

const [, paystack] = PROVIDERS;
const STARTED_AS = 'tg-01890a5d-ac96-774b-bcce-b302099a8057';

/** What a sample means with some fields of its data changed; undefined removes. */
function understandSample(name: string, data: JsonObject, envelope: JsonObject = {}) {
  const payload = parsePayload(readSample(paystack, name));
  const changed = {
    ...payload,
    data: { ...(payload['data'] as JsonObject), ...data },
    ...envelope,
  };
  return understand(paystack, Buffer.from(JSON.stringify(changed)));
}

/** The facts of one kind in what a sample means once changed. */
function factsOf(kind: string, name: string, data: JsonObject) {
  const result = understandSample(name, data);
  if (result === null || typeof result === 'string') throw new Error(`no facts: ${result}`);
  return result.facts.filter((each) => each.kind === kind);
}

describe('a Paystack event', () => {
  it('is identified by the hash of its body', () => {
    const body = readSample(paystack, 'charge.success');
    const event = deliver(paystack, body);
    expect(event.eventId).toBe(`sha256:${event.fingerprint.toString('hex')}`);
    const other = deliver(paystack, Buffer.concat([body, Buffer.from(' ')]));
    expect(other.eventId).not.toBe(event.eventId);
  });

  it('tells when it happened and whether it is live', () => {
    const body = readSample(paystack, 'charge.success.metadata-text');
    expect(deliver(paystack, body)).toMatchObject({
      occurredAtMs: Date.parse('2026-01-15T10:05:00Z'),
      livemode: true,
    });
    const silent = Buffer.from('{"event":"charge.success","data":[]}');
    expect(deliver(paystack, silent)).toMatchObject({ occurredAtMs: null, livemode: null });
  });

  it('is malformed without a type, or without data of a type that matters', () => {
    expect(understandSample('charge.success', {}, { event: 5 })).toBe('payload_malformed');
    expect(understandSample('charge.success', {}, { data: [] })).toBe('payload_malformed');
    expect(understandSample('charge.success', {}, { data: null })).toBe('payload_malformed');
  });

  it('B32 is ignored for other types, however strange they look', () => {
    for (const event of ['transfer.success', 'subscription.expiring_cards', 'invoice.create']) {
      expect(understandSample('charge.success', {}, { event, data: [] })).toBeNull();
    }
  });
});

describe('a Paystack charge', () => {
  it('needs a reference', () => {
    expect(understandSample('charge.success', { reference: undefined })).toBe('payload_malformed');
    expect(understandSample('charge.success', { reference: 5 })).toBe('payload_malformed');
  });

  it.each([2 ** 53, -5, 10.5, '10.50', '', '9007199254740993', '-1', '1e3', null, undefined])(
    'B29 is unusable with the amount %j',
    (amount) => {
      expect(understandSample('charge.success', { amount })).toBe('amount_unusable');
    },
  );

  it('B29 reads an amount in digits', () => {
    expect(factsOf('captured', 'charge.success', { amount: '10000' })[0]?.amountMinor).toBe(10000n);
  });

  it('never invents money', () => {
    expect(factsOf('captured', 'charge.success', { status: 'failed' })).toEqual([]);
    expect(factsOf('captured', 'charge.success', { amount: 0 })).toEqual([]);
    expect(factsOf('captured', 'charge.success', { status: undefined })).toHaveLength(1);
  });

  it.each([
    [{ order_id: 'A' }, 'A'],
    [{ order_id: 12 }, '12'],
    ['{"order_id":"B"}', 'B'],
    ['{"order_id":', null],
    ['[]', null],
    ['', null],
    [0, null],
    [null, null],
    [{ custom_fields: [] }, null],
  ])('finds the order in the metadata %j', (metadata, reference) => {
    expect(factsOf('requested', 'charge.success', { metadata })[0]?.reference).toBe(reference);
  });

  it.each([
    [{ tollgate_payment: STARTED_AS }, STARTED_AS],
    [JSON.stringify({ tollgate_payment: STARTED_AS }), STARTED_AS],
    [{ tollgate_payment: 'somebody else' }, null],
    ['', null],
    [0, null],
  ])('finds our payment in the metadata %j', (metadata, startedAs) => {
    expect(understandSample('charge.success', { metadata })).toMatchObject({ startedAs });
  });

  it('says nothing of its mode when the data do not', () => {
    const silent = understandSample('charge.success', { domain: undefined });
    expect(silent).toMatchObject({ livemode: null });
  });

  it('is named by the number of its transaction too, when that is exact', () => {
    const partIds = (id: unknown) => understandSample('charge.success', { id });
    expect(partIds(3_725_529_423)).toMatchObject({ partIds: ['3725529423'] });
    expect(partIds('77')).toMatchObject({ partIds: ['77'] });
    expect(partIds(2 ** 53)).toMatchObject({ partIds: [] });
    expect(partIds(undefined)).toMatchObject({ partIds: [] });
  });
});

describe('a Paystack refund', () => {
  it('is a hint without an id, and itself with one', () => {
    const key = (data: JsonObject) => factsOf('refund', 'refund.pending', data)[0]?.key;
    expect(key({})).toBe('hint:200000');
    expect(key({ amount: 200000 })).toBe('hint:200000');
    expect(key({ id: 8000002 })).toBe('8000002');
    expect(key({ id: '8000002' })).toBe('8000002');
  });

  it.each([
    ['pending', 'pending'],
    ['processing', 'pending'],
    ['needs-attention', 'pending'],
    ['processed', 'succeeded'],
    ['failed', 'failed'],
  ])('of status %s is %s', (status, state) => {
    expect(factsOf('refund', 'refund.pending', { status })[0]?.state).toBe(state);
  });

  it('takes its state from the event when its data has none', () => {
    expect(factsOf('refund', 'refund.processed', { status: undefined })[0]?.state).toBe(
      'succeeded',
    );
    expect(understandSample('refund.processed', { status: 'lost' })).toBe('payload_malformed');
  });

  it('belongs to the transaction that it names in whichever way', () => {
    const owner = (data: JsonObject) =>
      understandSample('refund.pending', { transaction_reference: undefined, ...data });
    expect(owner({ transaction_reference: 'ref' })).toMatchObject({ providerPaymentId: 'ref' });
    expect(owner({ transaction: { reference: 'ref' } })).toMatchObject({
      providerPaymentId: 'ref',
      partIds: [],
    });
    expect(owner({ transaction: 5_000_003_001 })).toMatchObject({
      providerPaymentId: null,
      partIds: ['5000003001'],
    });
    expect(owner({})).toBe('payload_malformed');
  });
});

describe('a Paystack dispute', () => {
  it.each([
    ['awaiting-merchant-feedback', null, 'open'],
    ['awaiting-bank-feedback', null, 'open'],
    ['pending', null, 'open'],
    ['archived', null, 'closed'],
    ['resolved', 'declined', 'won'],
    ['resolved', 'merchant-accepted', 'lost'],
    ['resolved', 'auto-accepted', 'lost'],
  ])('of status %s and resolution %s is %s', (status, resolution, state) => {
    const [dispute] = factsOf('dispute', 'charge.dispute.resolve', { status, resolution });
    expect(dispute?.state).toBe(state);
  });

  it('is malformed when nobody knows how it ended, or which one it is', () => {
    const name = 'charge.dispute.resolve';
    expect(understandSample(name, { resolution: null })).toBe('payload_malformed');
    expect(understandSample(name, { status: 'new' })).toBe('payload_malformed');
    expect(understandSample(name, { id: null })).toBe('payload_malformed');
    expect(understandSample(name, { transaction: null })).toBe('payload_malformed');
  });

  it('is about the whole transaction while its own amount is not settled', () => {
    const [dispute] = factsOf('dispute', 'charge.dispute.create', { refund_amount: null });
    expect(dispute?.amountMinor).toBe(500000n);
  });

  it('is unusable without any amount', () => {
    const transaction = { reference: 'ref' };
    expect(understandSample('charge.dispute.create', { refund_amount: null, transaction })).toBe(
      'amount_unusable',
    );
  });
});
