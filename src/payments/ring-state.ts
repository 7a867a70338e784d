import type { Transfer } from '../ledger/transfers.js';
import type { NewMessage } from '../outbox/message.js';
import type { OrderTerms } from './derive-order.js';
import type { StoredFact } from './fact-register.js';
import type { OrderStatus } from './order.states.js';
import type { DisputeState, PaymentFacts } from './payment-fact.js';
import type { PaymentStatus } from './payment.states.js';
import type { ReviewMove, ReviewStanding } from './reconcile-reviews.js';
import type { ReviewReason } from './review-reasons.js';

/** Who or what moved something: an event of the inbox, or a command of ours. */
export interface Cause {
  /** Null for a command. */
  readonly inboxId: string | null;
  /** Null for an event. */
  readonly command: string | null;
}

/** One event of the inbox, translated; or what a command of ours says. */
export interface EventFacts extends Cause {
  readonly provider: string;
  readonly account: string;
  readonly facts: PaymentFacts;
}

/** A fact and the event that told it; null for a fact of our own commands. */
export interface RecordedFact extends StoredFact {
  readonly inboxId: string | null;
}

/** A row of `payments`, amounts in minor units. */
export interface PaymentRow {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly providerPaymentId: string;
  readonly orderId: string | null;
  readonly status: PaymentStatus;
  readonly currency: string | null;
  readonly amountMinor: bigint | null;
  readonly amountAuthorizedMinor: bigint;
  readonly amountCapturedMinor: bigint;
  readonly amountRefundedMinor: bigint;
  readonly livemode: boolean;
  /** True as long as `providerPaymentId` is our own name for it, since nobody told the provider's. */
  readonly isProvisional: boolean;
  /** The reference under which we started it; null when somebody else did. Never changes. */
  readonly startedAs: string | null;
  readonly createdAt: Date;
  /** 0: the row was made by the ring that is being applied. */
  readonly version: number;
}

/** A row of `orders`, amounts in minor units. */
export interface OrderRow extends OrderTerms {
  readonly id: string;
  readonly reference: string;
  readonly status: OrderStatus;
  readonly amountPaidMinor: bigint;
  readonly amountRefundedMinor: bigint;
  /** No payment may be started any more: the open ones are being cancelled at their providers. */
  readonly isCancelRequested: boolean;
  /** What our client keeps with it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly version: number;
}

export interface DisputeRow {
  readonly id: string;
  readonly paymentId: string;
  readonly key: string;
  readonly status: DisputeState;
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  readonly version: number;
}

/** A review of a payment or of an order. */
export interface ReviewRow extends ReviewStanding {
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly reason: ReviewReason;
}

/** An object by which events name a payment; `paymentId` is null while nobody knows whose it is. */
export interface PartRow {
  readonly provider: string;
  readonly account: string;
  readonly partId: string;
  readonly paymentId: string | null;
}

export interface ParkedFact extends RecordedFact {
  readonly provider: string;
  readonly account: string;
  readonly partId: string;
}

/** Everything a ring touches, read under its locks. */
export interface RingState {
  readonly payments: readonly PaymentRow[];
  readonly facts: ReadonlyMap<string, readonly RecordedFact[]>;
  readonly disputes: readonly DisputeRow[];
  readonly orders: readonly OrderRow[];
  /** All payments of the locked orders, those of the ring included. */
  readonly orderPayments: readonly PaymentRow[];
  readonly reviews: readonly ReviewRow[];
  readonly parts: readonly PartRow[];
  readonly parkedFacts: readonly ParkedFact[];
  /** What stands in the ledger for those payments. */
  readonly transfers: readonly Transfer[];
}

/** What an event did. `applied` changed something, `noop` did not and says why. */
export type ApplyOutcome =
  | { readonly outcome: 'applied'; readonly paymentId: string }
  | {
      readonly outcome: 'noop';
      readonly reason: NoopReason;
      readonly paymentId: string | null;
      /** The part whose payment is waited for; null for every other reason. */
      readonly partId: string | null;
    };

/**
 * `repeated`: everything it says was known. `stale`: it says something new that changes nothing
 * any more. `waiting_for_payment`: it names a part of a payment that is not known yet, and is kept
 * until it is.
 */
export type NoopReason = 'repeated' | 'stale' | 'waiting_for_payment';

/** One move of a payment, order or dispute. */
export interface Transition extends Cause {
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly disputeId: string | null;
  readonly version: number;
  readonly from: string | null;
  readonly to: string;
  /** What the event changed, for the person who asks why. */
  readonly facts: readonly StoredFact[];
}

/** A review that was opened, opened again or withdrawn, or at which more or less is at stake. */
export interface ReviewChange extends ReviewMove {
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly inboxId: string | null;
}

/** What has to be written; every list may be empty. */
export interface RingChanges {
  /** By inbox id. */
  readonly outcomes: ReadonlyMap<string, ApplyOutcome>;
  readonly facts: readonly (RecordedFact & { readonly paymentId: string })[];
  readonly payments: readonly PaymentRow[];
  readonly orders: readonly OrderRow[];
  readonly disputes: readonly DisputeRow[];
  readonly transitions: readonly Transition[];
  readonly reviews: readonly ReviewChange[];
  readonly transfers: readonly (Transfer & Cause)[];
  /** What others are told. */
  readonly messages: readonly NewMessage[];
  readonly parts: readonly PartRow[];
  readonly parkedFacts: readonly ParkedFact[];
  /** Parts whose parked facts were taken over. */
  readonly unparked: readonly PartRow[];
}
