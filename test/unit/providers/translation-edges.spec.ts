import { describe, expect, it } from '@jest/globals';
import { parsePayload } from '../../../src/providers/payload.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { PROVIDERS } from '../../../src/providers/providers.js';
import { createProvider, readSample } from '../../contracts/provider-harness.js';

const [stripe, paystack] = PROVIDERS;
const translators = { stripe: createProvider(stripe), paystack: createProvider(paystack) };

/** What a sample means with some fields of what it is about changed; undefined removes. */
function stripeFacts(name: string, changes: JsonObject) {
  const payload = parsePayload(readSample(stripe, name));
  const { object } = payload['data'] as { object: JsonObject };
  return translators.stripe.translate({ ...payload, data: { object: { ...object, ...changes } } });
}

function paystackFacts(name: string, changes: JsonObject) {
  const payload = parsePayload(readSample(paystack, name));
  const data = { ...(payload['data'] as JsonObject), ...changes };
  return translators.paystack.translate({ ...payload, data });
}

const kindsOf = (told: ReturnType<typeof stripeFacts>) => told?.facts.map(({ kind }) => kind);

describe('what a payload must state and does not', () => {
  it.each([
    ['charge.succeeded.held', { amount: 'x' }, '"amount"'],
    ['charge.succeeded', { amount_captured: 'x' }, '"amount_captured"'],
    ['charge.succeeded.old', { amount_captured: undefined, amount: 'x' }, '"amount"'],
    ['checkout.session.completed', { amount_total: 'x' }, '"amount_total"'],
    ['refund.created', { amount: 'x' }, '"amount"'],
    ['refund.created', { status: 'x' }, 'refund has a status that is not documented'],
    ['refund.created', { payment_intent: undefined, charge: undefined }, '"payment_intent"'],
    ['charge.dispute.created', { amount: 'x' }, '"amount"'],
    ['charge.dispute.created', { status: 'x' }, 'dispute has a status that is not documented'],
    ['charge.refunded', { amount_refunded: 'x' }, '"amount_refunded"'],
    ['payment_intent.succeeded', { amount_received: 'x' }, '"amount_received"'],
    ['payment_intent.amount_capturable_updated', { amount_capturable: 'x' }, '"amount_capturable"'],
  ])('is named for %s of Stripe with %j: %s', (name, changes, named) => {
    expect(() => stripeFacts(name, changes)).toThrow(named);
  });

  it.each([
    ['charge.success', { amount: 'x' }, '"amount"'],
    ['charge.success', { requested_amount: 'x' }, '"requested_amount"'],
    ['refund.processed', { amount: 'x' }, '"amount"'],
    ['refund.processed', { status: 'x' }, 'refund has a status that is not documented'],
    ['charge.dispute.create', { refund_amount: 'x' }, '"refund_amount"'],
    ['charge.dispute.create', { status: 'x' }, 'dispute has a status that is not documented'],
    ['charge.dispute.create', { id: null }, 'the id of the dispute'],
    [
      'charge.dispute.create',
      { transaction: null, transaction_reference: null },
      '"data.transaction_reference"',
    ],
  ])('is named for %s of Paystack with %j: %s', (name, changes, named) => {
    expect(() => paystackFacts(name, changes)).toThrow(named);
  });
});

describe('money that is none', () => {
  it('is no fact of a charge, and null is as silent as nothing', () => {
    expect(kindsOf(stripeFacts('charge.succeeded', { amount_captured: 0 }))).not.toContain(
      'captured',
    );
    const silent = stripeFacts('charge.succeeded', { amount_captured: null, amount: 700 });
    expect(silent?.facts).toContainEqual(
      expect.objectContaining({ kind: 'captured', amountMinor: 700n }),
    );
  });

  it('is no capture of a charge that nobody paid, nor are its funds held', () => {
    const kinds = kindsOf(stripeFacts('charge.succeeded.held', { paid: false }));
    expect(kinds).not.toContain('authorized');
    expect(kindsOf(stripeFacts('charge.succeeded', { captured: null, paid: null }))).not.toContain(
      'captured',
    );
  });

  it.each([
    ['costs nothing', { amount_total: 0 }, ['requested']],
    ['needs no payment', { payment_status: 'no_payment_required' }, ['requested']],
    ['is not paid yet', { payment_status: 'unpaid' }, ['requested', 'pending']],
  ])('is no capture of a checkout that %s', (_what, changes, kinds) => {
    expect(kindsOf(stripeFacts('checkout.session.completed', changes))).toEqual(kinds);
  });

  it('is no capture of a Paystack charge, which null calls a success', () => {
    expect(kindsOf(paystackFacts('charge.success', { amount: 0 }))).toEqual(['requested']);
    expect(kindsOf(paystackFacts('charge.success', { status: 'failed' }))).toEqual(['requested']);
    expect(kindsOf(paystackFacts('charge.success', { status: null }))).toEqual([
      'requested',
      'captured',
    ]);
  });
});

describe('who is meant', () => {
  it('is the intent of a refund alone when no charge is named', () => {
    const told = stripeFacts('refund.created', { payment_intent: 'pi_1', charge: null });
    expect(told).toMatchObject({ providerPaymentId: 'pi_1', partIds: [] });
  });

  it('is the transaction of a dispute by its reference, by its number, or by both', () => {
    const byReference = { transaction: null, transaction_reference: 'ref-1' };
    expect(paystackFacts('charge.dispute.create', byReference)).toMatchObject({
      providerPaymentId: 'ref-1',
      partIds: [],
    });
    const byNumber = { transaction: { id: 77 }, transaction_reference: null };
    expect(paystackFacts('charge.dispute.create', byNumber)).toMatchObject({
      providerPaymentId: null,
      partIds: ['77'],
    });
  });

  it('is a refund by its id, and none where a list holds something else', () => {
    const refunds = { data: [null, 5, { amount: 100, status: 'succeeded' }] };
    expect(kindsOf(stripeFacts('charge.refunded', { refunds }))).not.toContain('refund');
  });

  it('is a charge of an old intent by its id, and none where a list holds something else', () => {
    const charges = { data: [null, 5, {}, { id: '' }, { id: 'ch_1' }] };
    const told = stripeFacts('payment_intent.succeeded.old', { charges, latest_charge: null });
    expect(told?.partIds).toEqual(['ch_1']);
  });
});

describe('when a Paystack event happened', () => {
  const NONE = {
    updated_at: null,
    updatedAt: null,
    resolvedAt: null,
    created_at: null,
    createdAt: null,
    paid_at: null,
    paidAt: null,
  };
  const AT = '2026-01-15T10:05:00Z';

  it.each([
    ['charge.success', 'paid_at'],
    ['charge.success', 'paidAt'],
    ['charge.success', 'created_at'],
    ['charge.success', 'createdAt'],
    ['refund.processed', 'updated_at'],
    ['refund.processed', 'updatedAt'],
    ['charge.dispute.create', 'updated_at'],
    ['charge.dispute.create', 'updatedAt'],
    ['charge.dispute.create', 'resolvedAt'],
    ['charge.dispute.create', 'created_at'],
    ['charge.dispute.create', 'createdAt'],
  ])('is read for %s from "%s" when it says no other', (name, field) => {
    const times = paystackFacts(name, { ...NONE, [field]: AT })?.facts.map(
      ({ occurredAtMs }) => occurredAtMs,
    );
    expect(new Set(times)).toEqual(new Set([Date.parse(AT)]));
  });
});
