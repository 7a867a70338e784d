import { uuidArray } from '../database/binary-array.js';
import type { Tx } from '../database/transaction.js';
import {
  keyColumns,
  PAYMENT_COLUMNS,
  toBigInt,
  toPayment,
  type PartKey,
  type PaymentColumns,
} from './lock.queries.js';
import type { FactKind, PaymentFact } from './payment-fact.js';
import type { DisputeRow, ParkedFact, PaymentRow, RecordedFact, ReviewRow } from './ring-state.js';

/** All facts of these payments, by payment id. */
export async function loadFacts(
  tx: Tx,
  paymentIds: readonly string[],
): Promise<Map<string, RecordedFact[]>> {
  const { rows } = await tx.query<FactColumns & { payment_id: string }>({
    name: 'load-facts',
    text: `select payment_id, ${FACT_COLUMNS} from payment_facts where payment_id = any ($1::uuid[])`,
    values: [uuidArray(paymentIds)],
  });
  const facts = new Map<string, RecordedFact[]>(paymentIds.map((id) => [id, []]));
  for (const row of rows) facts.get(row.payment_id)?.push(toFact(row));
  return facts;
}

/** Facts that wait for these parts to be linked. */
export async function loadParkedFacts(tx: Tx, parts: readonly PartKey[]): Promise<ParkedFact[]> {
  const { rows } = await tx.query<FactColumns & PartColumns>({
    name: 'load-parked-facts',
    text: `
      select provider, account, part_id, ${FACT_COLUMNS} from parked_facts
      where (provider, account, part_id) in
        (select * from unnest($1::text[], $2::text[], $3::text[]))`,
    values: keyColumns(parts, 'partId'),
  });
  return rows.map((row) => ({
    provider: row.provider,
    account: row.account,
    partId: row.part_id,
    ...toFact(row),
  }));
}

export async function loadDisputes(tx: Tx, paymentIds: readonly string[]): Promise<DisputeRow[]> {
  const { rows } = await tx.query<DisputeColumns>({
    name: 'load-disputes',
    text: `
      select id, payment_id, dispute_key, status, amount_minor, currency, version
      from disputes where payment_id = any ($1::uuid[])`,
    values: [uuidArray(paymentIds)],
  });
  return rows.map((row) => ({
    id: row.id,
    paymentId: row.payment_id,
    key: row.dispute_key,
    status: row.status,
    amountMinor: toBigInt(row.amount_minor),
    currency: row.currency,
    version: row.version,
  }));
}

/** All payments of these orders; the lock on the order keeps them from changing. */
export async function loadOrderPayments(
  tx: Tx,
  orderIds: readonly string[],
): Promise<PaymentRow[]> {
  const { rows } = await tx.query<PaymentColumns>({
    name: 'load-order-payments',
    text: `select ${PAYMENT_COLUMNS} from payments where order_id = any ($1::uuid[])`,
    values: [uuidArray(orderIds)],
  });
  return rows.map(toPayment);
}

export async function loadReviews(
  tx: Tx,
  paymentIds: readonly string[],
  orderIds: readonly string[],
): Promise<ReviewRow[]> {
  const { rows } = await tx.query<ReviewColumns>({
    name: 'load-reviews',
    text: `
      select payment_id, order_id, reason, status, amount_minor, resolved_minor from reviews
      where payment_id = any ($1::uuid[]) or order_id = any ($2::uuid[])`,
    values: [uuidArray(paymentIds), uuidArray(orderIds)],
  });
  return rows.map(({ payment_id, order_id, amount_minor, resolved_minor, ...row }) => ({
    paymentId: payment_id,
    orderId: order_id,
    amountMinor: BigInt(amount_minor),
    resolvedMinor: toBigInt(resolved_minor),
    ...row,
  }));
}

const FACT_COLUMNS = `kind, fact_key, amount_minor, currency, state, reference, livemode, inbox_id,
  (extract(epoch from occurred_at) * 1000)::float8 as occurred_at_ms`;

interface FactColumns {
  kind: FactKind;
  fact_key: string;
  amount_minor: string | null;
  currency: string | null;
  state: PaymentFact['state'];
  reference: string | null;
  livemode: boolean | null;
  inbox_id: string | null;
  occurred_at_ms: number | null;
}

interface PartColumns {
  provider: string;
  account: string;
  part_id: string;
}

interface DisputeColumns {
  id: string;
  payment_id: string;
  dispute_key: string;
  status: DisputeRow['status'];
  amount_minor: string | null;
  currency: string | null;
  version: number;
}

interface ReviewColumns {
  payment_id: string | null;
  order_id: string | null;
  reason: ReviewRow['reason'];
  status: ReviewRow['status'];
  amount_minor: string;
  resolved_minor: string | null;
}

function toFact(row: FactColumns): RecordedFact {
  return {
    kind: row.kind,
    key: row.fact_key,
    amountMinor: toBigInt(row.amount_minor),
    currency: row.currency,
    occurredAtMs: row.occurred_at_ms === null ? null : Math.round(row.occurred_at_ms),
    state: row.state,
    reference: row.reference,
    livemode: row.livemode,
    inboxId: row.inbox_id,
  };
}
