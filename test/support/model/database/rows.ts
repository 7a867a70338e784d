/*
 * Rows of the tables as the statements of `src/` know them, by the names of their columns. Times
 * are milliseconds, amounts what `pg` makes of a bigint: text. Columns that no statement of the
 * model reads or writes are left out.
 */

export interface InboxRow {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly status: 'received' | 'applied' | 'noop' | 'ignored' | 'dead' | 'discarded';
  readonly outcome_reason: string | null;
  readonly fingerprint: string;
  readonly body: Buffer;
  readonly attempts: number;
  readonly attempt_errors: readonly { readonly attempt: number; readonly code: string }[];
  readonly due_at: number;
  readonly ring_at: number;
  readonly rings: number;
  readonly unended: number;
  readonly replays: number;
  readonly deliveries: number;
  readonly conflicts: number;
  readonly payment_id: string | null;
  readonly part_id: string | null;
  readonly received_at: number;
  readonly finished_at: number | null;
}

export interface ConflictRow {
  readonly inbox_id: string;
  readonly fingerprint: string;
  readonly deliveries: number;
}

export interface OutboxRow {
  readonly id: string;
  readonly type: string;
  readonly aggregate: string;
  readonly aggregate_id: string;
  readonly version: number;
  readonly part: string;
  readonly subject: string;
  readonly data: unknown;
  readonly created_at: number;
  readonly fanned_out_at: number | null;
}

export interface ConsumerRow {
  readonly name: string;
  readonly patterns: readonly string[];
}

export interface DispatchRow {
  readonly consumer: string;
  readonly message_id: string;
  readonly status: 'pending' | 'consumed' | 'dead' | 'discarded';
  readonly due_at: number;
  readonly turn: number;
  readonly tries: number;
  readonly sends: number;
  readonly attempts: number;
  readonly reason: string | null;
  readonly replays: number;
  readonly published_at: number | null;
  readonly settled_at: number | null;
}

export interface ConsumedRow {
  readonly consumer: string;
  readonly message_id: string;
}

export interface OrderColumns {
  readonly id: string;
  readonly reference: string;
  readonly status: string;
  readonly currency: string | null;
  readonly amount_due_minor: string | null;
  readonly amount_paid_minor: string;
  readonly amount_refunded_minor: string;
  readonly is_cancelled: boolean;
  readonly is_cancel_requested: boolean;
  readonly metadata: unknown;
  readonly created_at: Date;
  readonly version: number;
}

export interface PaymentColumns {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly provider_payment_id: string;
  readonly order_id: string | null;
  readonly status: string;
  readonly currency: string | null;
  readonly amount_minor: string | null;
  readonly amount_authorized_minor: string;
  readonly amount_captured_minor: string;
  readonly amount_refunded_minor: string;
  readonly livemode: boolean;
  readonly is_provisional: boolean;
  readonly started_as: string | null;
  readonly created_at: Date;
  readonly version: number;
}

export interface FactColumns {
  readonly kind: string;
  readonly fact_key: string;
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly occurred_at_ms: number | null;
  readonly state: string | null;
  readonly reference: string | null;
  readonly livemode: boolean | null;
  readonly inbox_id: string | null;
}

export interface PaymentFactRow extends FactColumns {
  readonly payment_id: string;
}

export interface PartColumns {
  readonly provider: string;
  readonly account: string;
  readonly part_id: string;
}

export interface PartRow extends PartColumns {
  readonly payment_id: string | null;
}

export type ParkedFactRow = FactColumns & PartColumns;

export interface DisputeColumns {
  readonly id: string;
  readonly payment_id: string;
  readonly dispute_key: string;
  readonly status: string;
  readonly amount_minor: string | null;
  readonly currency: string | null;
  readonly version: number;
}

export interface ReviewColumns {
  readonly payment_id: string | null;
  readonly order_id: string | null;
  readonly reason: string;
  readonly status: string;
  readonly amount_minor: string;
  readonly resolved_minor: string | null;
}

export interface TransitionRow {
  readonly payment_id: string | null;
  readonly order_id: string | null;
  readonly dispute_id: string | null;
  readonly version: number;
  readonly from_status: string | null;
  readonly to_status: string;
  readonly inbox_id: string | null;
}

export interface TransferRow {
  readonly id: string;
  readonly paymentId: string;
  readonly orderId: string | null;
  readonly factKind: string;
  readonly factKey: string;
  readonly rule: string;
  readonly revision: number;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly inboxId: string | null;
}
