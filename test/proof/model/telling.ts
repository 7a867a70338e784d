/** Where a refund has got to. */
export type RefundState = 'under_way' | 'given_back' | 'not_given_back';

/** What one event says about one payment, in words that both providers share. */
export interface Telling {
  /** The provider's name of the payment; null: the event knows only a charge of it. */
  readonly paymentId: string | null;
  readonly chargeId: string | null;
  /** Seconds since 1970 by the provider's clock; null: the event does not say when. */
  readonly at: number | null;
  readonly orderReference: string | null;
  /** Of whatever amount the event is about. */
  readonly currency: string | null;
  readonly asked: Money | null;
  readonly attempt: 'begun' | 'failed' | 'held' | null;
  readonly isCalledOff: boolean;
  readonly taken: Money | null;
  readonly refund: RefundTelling | null;
  /** All that was given back so far, by the provider's own count. */
  readonly givenBackMinor: number | null;
  readonly dispute: { readonly id: string; readonly state: string } | null;
}

/** An amount of the smallest unit of a currency in capitals. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** What an event says about one refund. */
export interface RefundTelling {
  /** Null: the provider does not tell refunds apart. */
  readonly id: string | null;
  readonly minor: number;
  readonly state: RefundState;
}

/** Says nothing: to be spread under what an event does say. */
export const SILENT: Telling = {
  paymentId: null,
  chargeId: null,
  at: null,
  orderReference: null,
  currency: null,
  asked: null,
  attempt: null,
  isCalledOff: false,
  taken: null,
  refund: null,
  givenBackMinor: null,
  dispute: null,
};
