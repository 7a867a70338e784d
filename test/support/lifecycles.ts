import type { JsonObject } from '../../src/providers/provider.js';

/** A payment's life as its provider tells it, in the order in which it happened. */
export interface Lifecycle {
  readonly name: string;
  readonly provider: 'stripe' | 'paystack';
  readonly events: readonly JsonObject[];
}

/**
 * Bodies of a few fields, shaped after the providers' documentation. `id` makes all ids of one life
 * its own, so that many can be lived in one database.
 */
export function lifecycles(id: string): Lifecycle[] {
  return [
    stripe('success after a failed attempt', [
      intent('created', 1, { status: 'requires_payment_method' }),
      charge('failed', 2, 'one', { status: 'failed', paid: false, captured: false }),
      intent('payment_failed', 3, { status: 'requires_payment_method', latest_charge: ch('one') }),
      charge('succeeded', 5, 'two', PAID),
      intent('succeeded', 5, { status: 'succeeded', amount_received: 5000 }),
      session('completed', 6),
    ]),
    stripe('authorized and captured in part', [
      intent('requires_action', 1, { status: 'requires_action' }),
      charge('succeeded', 2, 'one', { ...PAID, captured: false, amount_captured: 0 }),
      intent('amount_capturable_updated', 2, {
        status: 'requires_capture',
        amount_capturable: 5000,
      }),
      charge('captured', 3, 'one', { ...PAID, amount_captured: 2000 }),
      charge('captured', 4, 'one', { ...PAID, amount_captured: 4500 }),
      intent('succeeded', 4, { status: 'succeeded', amount_received: 4500 }),
    ]),
    stripe('refunded in two parts', [
      intent('succeeded', 1, { status: 'succeeded', amount_received: 5000 }),
      refund('created', 3, 're_a', 2000, 'pending'),
      charge('refunded', 3, 'one', { ...PAID, amount_refunded: 2000 }),
      refund('updated', 4, 're_a', 2000, 'succeeded'),
      refund('created', 6, 're_b', 3000, 'succeeded'),
      charge('refunded', 6, 'one', { ...PAID, amount_refunded: 5000 }),
    ]),
    stripe('a refund that fails', [
      charge('succeeded', 1, 'one', PAID),
      refund('created', 3, 're_a', 5000, 'pending'),
      charge('refunded', 3, 'one', { ...PAID, amount_refunded: 5000 }),
      refund('failed', 9, 're_a', 5000, 'failed'),
    ]),
    stripe('a dispute that is won', [
      charge('succeeded', 1, 'one', PAID),
      dispute('created', 3, 'needs_response', false),
      dispute('funds_withdrawn', 3, 'needs_response', false),
      dispute('updated', 5, 'under_review', true),
      dispute('funds_reinstated', 8, 'won', true),
      dispute('closed', 8, 'won', true),
    ]),
    stripe('a dispute that is lost after an inquiry', [
      intent('succeeded', 1, { status: 'succeeded', amount_received: 5000 }),
      charge('succeeded', 1, 'one', PAID),
      dispute('created', 3, 'warning_needs_response', false),
      dispute('updated', 5, 'needs_response', false),
      dispute('closed', 9, 'lost', false),
    ]),
    stripe('cancelled', [
      intent('created', 1, { status: 'requires_payment_method' }),
      intent('processing', 2, { status: 'processing' }),
      intent('canceled', 5, { status: 'canceled' }),
      session('expired', 6),
    ]),
    stripe('cancelled and captured all the same', [
      intent('created', 1, { status: 'requires_payment_method' }),
      intent('canceled', 5, { status: 'canceled' }),
      intent('succeeded', 6, { status: 'succeeded', amount_received: 5000 }),
      charge('succeeded', 6, 'one', PAID),
      charge('refunded', 8, 'one', { ...PAID, amount_refunded: 5000 }),
    ]),
    stripe('moved to another order and back', [
      intent('succeeded', 1, { status: 'succeeded', amount_received: 5000 }),
      charge('succeeded', 2, 'one', { ...PAID, metadata: { order_id: `other-${id}` } }),
      charge('updated', 3, 'one', { ...PAID, metadata: {} }),
    ]),
    stripe('everything in one second', [
      intent('created', 1, { status: 'requires_payment_method' }),
      intent('payment_failed', 1, { status: 'requires_payment_method' }),
      charge('succeeded', 1, 'one', PAID),
      refund('created', 1, 're_a', 1000, 'pending'),
      refund('failed', 1, 're_a', 1000, 'failed'),
    ]),
    {
      name: 'paystack: paid, refunded in part, disputed and won',
      provider: 'paystack',
      events: [
        paystack('charge.success', transaction()),
        paystack('refund.pending', paystackRefund('pending', '2000')),
        paystack('refund.processing', paystackRefund('processing', 2000)),
        paystack('refund.processed', paystackRefund('processed', '2000')),
        paystack('charge.dispute.create', paystackDispute('awaiting-merchant-feedback', null, 1)),
        paystack('charge.dispute.resolve', paystackDispute('resolved', 'declined', 2)),
      ],
    },
    {
      name: 'paystack: a refund that fails and a dispute that is lost',
      provider: 'paystack',
      events: [
        paystack('charge.success', transaction()),
        paystack('refund.pending', paystackRefund('pending', 5000)),
        paystack('refund.failed', paystackRefund('failed', 5000)),
        paystack('charge.dispute.create', paystackDispute('awaiting-merchant-feedback', null, 1)),
        paystack('charge.dispute.remind', paystackDispute('awaiting-merchant-feedback', null, 2)),
        paystack('charge.dispute.resolve', paystackDispute('resolved', 'merchant-accepted', 3)),
      ],
    },
  ];

  function stripe(name: string, events: JsonObject[]): Lifecycle {
    return { name: `stripe: ${name}`, provider: 'stripe', events };
  }

  function event(type: string, second: number, object: JsonObject): JsonObject {
    const created = START_SECONDS + second;
    const key = `${type}-${second}-${String(object['status'])}-${String(object['amount_captured'])}`;
    return {
      id: `evt_${id}_${key}-${String(object['id'])}`,
      object: 'event',
      type,
      created,
      livemode: true,
      data: { object },
    };
  }

  function ch(name: string): string {
    return `ch_${id}_${name}`;
  }

  function intent(type: string, second: number, fields: JsonObject): JsonObject {
    return event(`payment_intent.${type}`, second, {
      id: `pi_${id}`,
      object: 'payment_intent',
      amount: 5000,
      amount_received: 0,
      amount_capturable: 0,
      currency: 'eur',
      metadata: { order_id: `order-${id}` },
      ...fields,
    });
  }

  function charge(type: string, second: number, name: string, fields: JsonObject): JsonObject {
    return event(`charge.${type}`, second, {
      id: ch(name),
      object: 'charge',
      created: START_SECONDS + 1,
      amount: 5000,
      amount_captured: 0,
      amount_refunded: 0,
      currency: 'eur',
      payment_intent: `pi_${id}`,
      metadata: { order_id: `order-${id}` },
      ...fields,
    });
  }

  function session(type: string, second: number): JsonObject {
    return event(`checkout.session.${type}`, second, {
      id: `cs_${id}`,
      object: 'checkout.session',
      mode: 'payment',
      amount_total: 5000,
      currency: 'eur',
      payment_status: type === 'completed' ? 'paid' : 'unpaid',
      payment_intent: `pi_${id}`,
      client_reference_id: `order-${id}`,
      metadata: {},
    });
  }

  function refund(type: string, second: number, key: string, amount: number, status: string) {
    return event(`refund.${type}`, second, {
      id: `${key}_${id}`,
      object: 'refund',
      amount,
      currency: 'eur',
      charge: ch('one'),
      payment_intent: `pi_${id}`,
      status,
    });
  }

  /** An old dispute knows its charge alone. */
  function dispute(type: string, second: number, status: string, isOld: boolean): JsonObject {
    return event(`charge.dispute.${type}`, second, {
      id: `dp_${id}`,
      object: 'dispute',
      amount: 5000,
      currency: 'eur',
      charge: ch('one'),
      ...(isOld ? {} : { payment_intent: `pi_${id}` }),
      status,
    });
  }

  function paystack(name: string, data: JsonObject): JsonObject {
    return { event: name, data };
  }

  function transaction(): JsonObject {
    return {
      id: 4_099_260_516,
      domain: 'live',
      status: 'success',
      reference: `ref-${id}`,
      amount: 5000,
      currency: 'NGN',
      paid_at: '2026-03-01T10:00:01.000Z',
      metadata: { order_id: `order-${id}` },
    };
  }

  function paystackRefund(status: string, amount: number | string): JsonObject {
    return {
      status,
      transaction_reference: `ref-${id}`,
      refund_reference: null,
      amount,
      currency: 'NGN',
      domain: 'live',
    };
  }

  function paystackDispute(status: string, resolution: string | null, hour: number): JsonObject {
    return {
      id: 358_950,
      refund_amount: 5000,
      currency: 'NGN',
      status,
      resolution,
      domain: 'live',
      transaction: { id: 4_099_260_516, reference: `ref-${id}`, currency: 'NGN', amount: 5000 },
      created_at: '2026-03-02T10:00:00.000Z',
      updated_at: `2026-03-02T1${hour}:00:00.000Z`,
    };
  }
}

const START_SECONDS = 1_772_359_200;
const PAID = { status: 'succeeded', paid: true, captured: true, amount_captured: 5000 };
