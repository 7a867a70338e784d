/** An event as a provider sends it, without what the service makes of it. */
export interface ModelEvent {
  readonly provider: string;
  readonly body: Buffer;
}

/** An order that somebody creates. */
export interface ModelOrder {
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** What must be known of a payment. */
export interface ExpectedPayment {
  readonly provider: string;
  readonly providerPaymentId: string;
  readonly orderReference: string | null;
  readonly status: string;
  readonly currency: string | null;
  readonly amountCapturedMinor: number;
  readonly amountRefundedMinor: number;
  /** Id and state of each, sorted. */
  readonly disputes: readonly string[];
}

/**
 * What must be known of an order, and what the consumers `invoices` and `access` must have made of
 * it. Null in a field of the consumers says that it is not compared, since what is right there
 * depends on which message came first.
 */
export interface ExpectedOrder {
  readonly reference: string;
  readonly status: string;
  readonly currency: string | null;
  /** Null: nobody created the order. */
  readonly amountDueMinor: number | null;
  readonly amountPaidMinor: number;
  readonly amountRefundedMinor: number;
  /** Reasons, sorted, those of its payments among them. */
  readonly openReviews: readonly string[];
  readonly invoices: number | null;
  readonly creditNotes: number | null;
  /** Invoices and debit notes, less credit notes. */
  readonly documentsNetMinor: number | null;
  readonly hasAccess: boolean;
}

/** Payments by provider and id with a space between, orders by their reference. */
export interface Expected {
  readonly payments: ReadonlyMap<string, ExpectedPayment>;
  readonly orders: ReadonlyMap<string, ExpectedOrder>;
}
