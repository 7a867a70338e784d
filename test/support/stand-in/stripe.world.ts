import {
  type AmountOptions,
  type MoneyMoved,
  type RefundMade,
  sum,
  type World,
} from './stand-in.world.js';
import type { StandInEvent } from './stand-in.webhooks.js';
import type { IntentStatus, StripeCharge, StripeIntent, StripeObject } from './stripe.objects.js';
import type { StripeRecords } from './stripe.records.js';

const PAYABLE: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_action',
  'processing',
];

/** What happens to payments outside of Stripe's API, for tests to let it happen. */
export class StripeWorld implements World {
  constructor(private readonly records: StripeRecords) {}

  /** Oldest first, as they are now. */
  get paymentIntents() {
    return this.records.paymentIntents;
  }

  get charges() {
    return this.records.charges;
  }

  get refunds() {
    return this.records.refunds;
  }

  get disputes() {
    return this.records.disputes;
  }

  /** What refunds are as soon as they are made: those of cards succeed, others take days. */
  startRefundsAs(status: 'succeeded' | 'pending'): void {
    this.records.refundStatusAtFirst = status;
  }

  pay(intentId: string, { amountMinor }: AmountOptions = {}): StandInEvent[] {
    const intent = this.payable(intentId);
    const charge = this.chargeUnderWay(intent) ?? this.records.addCharge(intent, amountMinor);
    this.records.settle(intent, charge, charge.amount);
    return [this.tell('charge.succeeded', charge), this.tell('payment_intent.succeeded', intent)];
  }

  failAttempt(intentId: string): StandInEvent[] {
    const intent = this.payable(intentId);
    const charge = this.chargeUnderWay(intent) ?? this.records.addCharge(intent);
    const failure = { code: 'card_declined', message: 'Your card was declined.' };
    charge.status = 'failed';
    charge.paid = false;
    charge.failure_code = failure.code;
    charge.failure_message = failure.message;
    intent.status = 'requires_payment_method';
    intent.next_action = null;
    intent.last_payment_error = { ...failure, charge: charge.id, type: 'card_error' };
    return [this.tell('charge.failed', charge), this.tell('payment_intent.payment_failed', intent)];
  }

  requireAction(intentId: string): StandInEvent[] {
    const intent = this.payable(intentId);
    intent.status = 'requires_action';
    intent.next_action = { type: 'use_stripe_sdk' };
    return [this.tell('payment_intent.requires_action', intent)];
  }

  /** The customer has done what there was to do, and the bank takes its days. */
  startProcessing(intentId: string): StandInEvent[] {
    const intent = this.payable(intentId);
    const charge = this.records.addCharge(intent);
    charge.paid = true;
    intent.status = 'processing';
    return [this.tell('charge.pending', charge), this.tell('payment_intent.processing', intent)];
  }

  /** The customer's bank holds the amount until it is captured. */
  authorize(intentId: string): StandInEvent[] {
    const intent = this.payable(intentId);
    const charge = this.records.addCharge(intent);
    charge.status = 'succeeded';
    charge.paid = true;
    intent.status = 'requires_capture';
    intent.amount_capturable = charge.amount;
    return [
      this.tell('charge.succeeded', charge),
      this.tell('payment_intent.amount_capturable_updated', intent),
    ];
  }

  /** Takes what is held, or a part of it; the rest is released. */
  capture(intentId: string, { amountMinor }: AmountOptions = {}): StandInEvent[] {
    const intent = this.records.intent(intentId);
    expectStatus(intent, ['requires_capture']);
    const charge = this.records.charge(intent.latest_charge!);
    this.records.settle(intent, charge, amountMinor ?? charge.amount);
    return [this.tell('charge.captured', charge), this.tell('payment_intent.succeeded', intent)];
  }

  /** One that had succeeded may still fail. */
  settleRefund(refundId: string, outcome: 'succeeded' | 'failed'): StandInEvent[] {
    const refund = this.records.refund(refundId);
    refund.status = outcome;
    if (outcome === 'failed') refund.failure_reason = 'expired_or_canceled_card';
    this.records.countRefunds(this.records.charge(refund.charge));
    const updated = this.tell('refund.updated', refund);
    return outcome === 'failed' ? [updated, this.tell('refund.failed', refund)] : [updated];
  }

  openDispute(intentId: string, { amountMinor }: AmountOptions = {}): StandInEvent[] {
    const charge = this.records.paidCharge(intentId);
    if (charge === undefined) throw new Error(`nothing was taken for ${intentId}`);
    const dispute = this.records.addDispute(charge, amountMinor);
    return [
      this.tell('charge.dispute.created', dispute),
      this.tell('charge.dispute.funds_withdrawn', dispute),
    ];
  }

  closeDispute(disputeId: string, outcome: 'won' | 'lost'): StandInEvent[] {
    const dispute = this.records.dispute(disputeId);
    dispute.status = outcome;
    const closed = this.tell('charge.dispute.closed', dispute);
    return outcome === 'won'
      ? [closed, this.tell('charge.dispute.funds_reinstated', dispute)]
      : [closed];
  }

  paymentIdsOf(orderReference: string): string[] {
    const { orderReferenceKey } = this.records.options;
    return this.records.paymentIntents
      .filter(({ metadata }) => metadata[orderReferenceKey] === orderReference)
      .map(({ id }) => id);
  }

  refundsOf(intentId: string): RefundMade[] {
    return this.records.refunds
      .filter((refund) => refund.payment_intent === intentId)
      .map(({ id, amount: amountMinor, status }) => ({ id, amountMinor, status }));
  }

  moneyOf(intentId: string): MoneyMoved {
    const charges = this.records.charges.filter(
      (charge) => charge.captured && charge.payment_intent === intentId,
    );
    return {
      charges: charges.length,
      takenMinor: sum(charges.map((charge) => charge.amount_captured)),
      returnedMinor: sum(charges.map((charge) => this.records.refundedMinor(charge))),
    };
  }

  private chargeUnderWay({ id }: StripeIntent): StripeCharge | undefined {
    return this.records.charges.find(
      (charge) => charge.payment_intent === id && charge.status === 'pending',
    );
  }

  private payable(intentId: string): StripeIntent {
    const intent = this.records.intent(intentId);
    expectStatus(intent, PAYABLE);
    return intent;
  }

  private tell(type: string, object: StripeObject): StandInEvent {
    return this.records.tell(type, object, null);
  }
}

function expectStatus({ id, status }: StripeIntent, expected: readonly IntentStatus[]): void {
  if (!expected.includes(status)) throw new Error(`${id} is ${status}: that cannot happen to it`);
}
