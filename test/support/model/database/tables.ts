import type {
  ConflictRow,
  ConsumedRow,
  ConsumerRow,
  DispatchRow,
  DisputeColumns,
  InboxRow,
  OrderColumns,
  OutboxRow,
  ParkedFactRow,
  PartRow,
  PaymentColumns,
  PaymentFactRow,
  ReviewColumns,
  TransferRow,
  TransitionRow,
} from './rows.js';
import { Table } from './table.js';

/** The tables, and each UNIQUE besides the primary key as a table of keys. */
export class Tables {
  readonly inbox = new Table<InboxRow>();
  /** `inbox_event_unique`: provider, account, event id → the id of the row. */
  readonly inboxEvents = new Table<{ readonly id: string }>();
  readonly inboxConflicts = new Table<ConflictRow>();
  readonly outbox = new Table<OutboxRow>();
  /** `outbox_change_unique`. */
  readonly outboxChanges = new Table<object>();
  readonly consumers = new Table<ConsumerRow>();
  readonly dispatches = new Table<DispatchRow>();
  readonly consumedMessages = new Table<ConsumedRow>();
  /** By reference, which is how they are locked. */
  readonly orders = new Table<OrderColumns>();
  readonly payments = new Table<PaymentColumns>();
  /** `payments_provider_unique`: provider, account, id at the provider → the id of the row. */
  readonly paymentKeys = new Table<{ readonly id: string }>();
  readonly paymentFacts = new Table<PaymentFactRow>();
  readonly paymentParts = new Table<PartRow>();
  readonly parkedFacts = new Table<ParkedFactRow>();
  readonly disputes = new Table<DisputeColumns>();
  readonly reviews = new Table<ReviewColumns>();
  readonly transitions = new Table<TransitionRow>();
  readonly ledgerTransfers = new Table<TransferRow>();
  /** What the consumers of the model have done, once for each time that they did it. */
  readonly effects = new Table<EffectRow>();
}

/** A consumer has done what a message asked for. */
export interface EffectRow {
  readonly consumer: string;
  readonly messageId: string;
}

/** A key of several columns. */
export function keyOf(...columns: readonly (string | number | null)[]): string {
  return columns.join('\u0000');
}
