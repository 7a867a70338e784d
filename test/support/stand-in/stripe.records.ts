import type { ApiRequest } from './exchange.js';
import { sum, UniqueIds, type WorldOptions } from './stand-in.world.js';
import type { StandInEvent } from './stand-in.webhooks.js';
import { createStripeEvent } from './stripe.events.js';
import {
  createCharge,
  createDispute,
  createIntent,
  createRefund,
  type IntentInput,
  type RefundInput,
  type RefundStatus,
  type StripeCharge,
  type StripeDispute,
  type StripeIntent,
  type StripeObject,
  type StripeRefund,
} from './stripe.objects.js';

/**
 * All that Stripe has on record, and tells of it. Lists are oldest first; the objects in them are
 * the current ones, those in events are as they were.
 */
export class StripeRecords {
  readonly paymentIntents: StripeIntent[] = [];
  readonly charges: StripeCharge[] = [];
  readonly refunds: StripeRefund[] = [];
  readonly disputes: StripeDispute[] = [];
  refundStatusAtFirst: RefundStatus = 'succeeded';

  private readonly ids = new UniqueIds();

  constructor(readonly options: WorldOptions) {}

  addIntent(input: IntentInput, cause: ApiRequest): StripeIntent {
    const intent = createIntent(this.origin('pi'), input);
    this.paymentIntents.push(intent);
    this.tell('payment_intent.created', intent, cause);
    return intent;
  }

  /** Of an intent that can still be cancelled. */
  cancelIntent(intent: StripeIntent, reason: string | null, cause: ApiRequest): void {
    const isHeld = intent.status === 'requires_capture';
    intent.status = 'canceled';
    intent.canceled_at = this.nowSeconds();
    intent.cancellation_reason = reason;
    intent.amount_capturable = 0;
    if (isHeld) {
      // A hold that is let go shows as refunded, although nothing was taken.
      const charge = this.charge(intent.latest_charge!);
      this.countRefunds(charge);
      this.tell('charge.refunded', charge, cause);
    }
    this.tell('payment_intent.canceled', intent, cause);
  }

  addCharge(intent: StripeIntent, amountMinor = intent.amount): StripeCharge {
    const charge = createCharge(this.origin('ch'), intent, amountMinor);
    this.charges.push(charge);
    intent.latest_charge = charge.id;
    return charge;
  }

  /** Of a charge that has so much left. */
  addRefund(
    charge: StripeCharge,
    input: Omit<RefundInput, 'status'>,
    cause: ApiRequest,
  ): StripeRefund {
    const status = this.refundStatusAtFirst;
    const refund = createRefund(this.origin('re'), charge, { ...input, status });
    this.refunds.push(refund);
    this.countRefunds(charge);
    this.tell('refund.created', refund, cause);
    this.tell('charge.refunded', charge, cause);
    return refund;
  }

  addDispute(charge: StripeCharge, amountMinor = charge.amount_captured): StripeDispute {
    const dispute = createDispute(this.origin('du'), charge, amountMinor);
    this.disputes.push(dispute);
    charge.disputed = true;
    return dispute;
  }

  /** The money of a charge is Stripe's now, all of it or a part; the rest is released. */
  settle(intent: StripeIntent, charge: StripeCharge, amountMinor: number): void {
    charge.status = 'succeeded';
    charge.paid = true;
    charge.captured = true;
    charge.amount_captured = amountMinor;
    charge.balance_transaction = this.ids.text('txn');
    this.countRefunds(charge);
    intent.status = 'succeeded';
    intent.next_action = null;
    intent.last_payment_error = null;
    intent.amount_capturable = 0;
    intent.amount_received = amountMinor;
  }

  /** What was released of a hold counts as refunded, too. */
  countRefunds(charge: StripeCharge): void {
    const releasedMinor = charge.amount - charge.amount_captured;
    charge.amount_refunded = releasedMinor + this.refundedMinor(charge);
    charge.refunded = charge.amount_refunded === charge.amount;
  }

  /** What of a charge was given back, or is going to be. */
  refundedMinor(charge: StripeCharge): number {
    const standing = this.refunds.filter(
      ({ charge: id, status }) => id === charge.id && status !== 'failed' && status !== 'canceled',
    );
    return sum(standing.map(({ amount }) => amount));
  }

  /** The charge of an intent that took money. */
  paidCharge(intentId: string): StripeCharge | undefined {
    return this.charges.find((it) => it.payment_intent === intentId && it.captured);
  }

  /** @throws Error when there is none, as a test should know */
  intent(id: string): StripeIntent {
    return findIn(this.paymentIntents, id);
  }

  charge(id: string): StripeCharge {
    return findIn(this.charges, id);
  }

  refund(id: string): StripeRefund {
    return findIn(this.refunds, id);
  }

  dispute(id: string): StripeDispute {
    return findIn(this.disputes, id);
  }

  /** @param cause null for what happened outside of the API */
  tell(type: string, object: StripeObject, cause: ApiRequest | null): StandInEvent {
    const event = createStripeEvent(this.origin('evt'), type, object, cause);
    this.options.tell(event, cause);
    return event;
  }

  private origin(prefix: string) {
    const livemode = this.options.mode === 'live';
    return { id: this.ids.text(prefix), created: this.nowSeconds(), livemode };
  }

  private nowSeconds(): number {
    return Math.floor(this.options.now() / 1000);
  }
}

function findIn<T extends { readonly id: string }>(objects: readonly T[], id: string): T {
  const object = objects.find((candidate) => candidate.id === id);
  if (object === undefined) throw new Error(`there is no ${id} at the Stripe stand-in`);
  return object;
}
