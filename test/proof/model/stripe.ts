import { SILENT, type Money, type RefundState, type Telling } from './telling.js';

/** As much of an event of Stripe as says something about money. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: StripeObject };
}

interface StripeObject {
  readonly id: string;
  readonly object: string;
  readonly status?: string;
  readonly currency?: string;
  readonly amount?: number;
  readonly amount_captured?: number;
  readonly amount_received?: number;
  readonly amount_refunded?: number;
  readonly amount_total?: number;
  readonly captured?: boolean;
  readonly charge?: string | null;
  readonly latest_charge?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly paid?: boolean;
  readonly payment_intent?: string | null;
  readonly payment_status?: string;
}

/** What an event of Stripe says; null: nothing about a payment. @see https://docs.stripe.com/api/events/types */
export function tellingOfStripe({ type, created, data }: StripeEvent): Telling | null {
  const { object } = data;
  const heard = { ...SILENT, at: created, currency: capitals(object) };
  if (type.startsWith('payment_intent.')) return { ...heard, ...ofIntent(type, object) };
  if (type.startsWith('checkout.session.')) return { ...heard, ...ofSession(object) };
  if (type.startsWith('charge.dispute.')) return { ...heard, ...ofDispute(object) };
  if (type.startsWith('refund.') || type === 'charge.refund.updated') {
    return { ...heard, ...ofRefund(object) };
  }
  return type.startsWith('charge.') ? { ...heard, ...ofCharge(object) } : null;
}

/**
 * Whose money it is. What names a charge and says that there is no PaymentIntent is about a charge
 * that stands for itself; what says nothing of one comes from an API older than those.
 */
function paymentOf({ payment_intent: intent }: StripeObject, chargeId: string | null) {
  return { paymentId: intent === null ? chargeId : (intent ?? null), chargeId };
}

function ofIntent(type: string, intent: StripeObject): Partial<Telling> {
  const told = {
    paymentId: intent.id,
    chargeId: intent.latest_charge ?? null,
    asked: money(intent, intent.amount),
    orderReference: orderOf(intent),
  };
  switch (type) {
    case 'payment_intent.succeeded':
      return { ...told, taken: money(intent, intent.amount_received) };
    case 'payment_intent.canceled':
      return { ...told, isCalledOff: true };
    case 'payment_intent.payment_failed':
      return { ...told, attempt: 'failed' };
    case 'payment_intent.amount_capturable_updated':
      return { ...told, attempt: 'held' };
    case 'payment_intent.requires_action':
    case 'payment_intent.processing':
      return { ...told, attempt: 'begun' };
    default: // it was created: there it is, and nobody has tried to pay it
      return told;
  }
}

function ofCharge(charge: StripeObject): Partial<Telling> {
  const told = {
    ...paymentOf(charge, charge.id),
    asked: money(charge, charge.amount),
    orderReference: orderOf(charge),
  };
  if (charge.status === 'failed') return { ...told, attempt: 'failed' };
  const takenMinor = charge.captured ? (charge.amount_captured ?? 0) : 0;
  const givenBackMinor = charge.amount_refunded ?? 0;
  if (takenMinor === 0) return givenBackMinor === 0 ? { ...told, attempt: 'held' } : told;
  // What was held and never taken is let go, and Stripe counts that among what it gave back.
  const letGoMinor = (charge.amount ?? 0) - takenMinor;
  return {
    ...told,
    taken: money(charge, takenMinor),
    givenBackMinor: givenBackMinor === 0 ? null : Math.max(0, givenBackMinor - letGoMinor),
  };
}

function ofSession(session: StripeObject): Partial<Telling> {
  const total = money(session, session.amount_total);
  return {
    paymentId: session.payment_intent ?? null,
    asked: total,
    taken: session.payment_status === 'paid' ? total : null,
    orderReference: orderOf(session),
  };
}

function ofRefund(refund: StripeObject): Partial<Telling> {
  return {
    ...paymentOf(refund, refund.charge ?? null),
    refund: {
      id: refund.id,
      minor: refund.amount ?? 0,
      state: REFUND_STATES[refund.status ?? ''] ?? 'under_way',
    },
  };
}

const REFUND_STATES: Readonly<Record<string, RefundState>> = {
  succeeded: 'given_back',
  failed: 'not_given_back',
  canceled: 'not_given_back',
};

function ofDispute(dispute: StripeObject): Partial<Telling> {
  return {
    ...paymentOf(dispute, dispute.charge ?? null),
    dispute: { id: dispute.id, state: DISPUTE_STATES[dispute.status ?? ''] ?? 'open' },
  };
}

const DISPUTE_STATES: Readonly<Record<string, string>> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'closed',
  won: 'won',
  lost: 'lost',
};

function orderOf({ metadata }: StripeObject): string | null {
  return metadata?.['order_id'] ?? null;
}

function money(object: StripeObject, minor = 0): Money {
  return { minor, currency: capitals(object) ?? '' };
}

function capitals({ currency }: StripeObject): string | null {
  return currency?.toUpperCase() ?? null;
}
