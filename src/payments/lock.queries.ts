import { booleanArray, textArray, uuidArray, type BinaryArray } from '../database/binary-array.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { PaymentRow } from './ring-state.js';

/** Names a payment at a provider. */
export interface PaymentKey {
  readonly provider: string;
  readonly account: string;
  readonly providerPaymentId: string;
}

/** Names an object that belongs to a payment. */
export interface PartKey {
  readonly provider: string;
  readonly account: string;
  readonly partId: string;
}

/**
 * References of the orders that these payments and parts belong to now, and of those that any of
 * their facts names: newer facts may make an older reference count again. Read without a lock, so
 * that orders can be locked before payments; what is under the locks tells when it was outdated.
 */
export async function findOrderReferences(
  database: Queryable,
  payments: readonly PaymentKey[],
  parts: readonly PartKey[],
): Promise<string[]> {
  const { rows } = await database.query<{ reference: string }>({
    name: 'find-order-references',
    text: `
      with known as (
        select p.id, p.order_id
        from unnest($1::text[], $2::text[], $3::text[]) as k (provider, account, id)
        join payments p
          on (p.provider, p.account, p.provider_payment_id) = (k.provider, k.account, k.id)
        union
        select p.id, p.order_id
        from unnest($4::text[], $5::text[], $6::text[]) as k (provider, account, id)
        join payment_parts r on (r.provider, r.account, r.part_id) = (k.provider, k.account, k.id)
        join payments p on p.id = r.payment_id
      )
      select o.reference from known join orders o on o.id = known.order_id
      union
      select f.reference from known join payment_facts f on f.payment_id = known.id
      where f.reference is not null`,
    values: [...keyColumns(payments, 'providerPaymentId'), ...keyColumns(parts, 'partId')],
  });
  return rows.map(({ reference }) => reference);
}

/** Makes rows for payments that nobody has named before: the event itself initiates them. */
export async function insertPayments(
  tx: Tx,
  payments: readonly (PaymentKey & { readonly id: string; readonly livemode: boolean })[],
): Promise<void> {
  await tx.query({
    name: 'insert-payments',
    text: `
      insert into payments (id, provider, account, provider_payment_id, status, livemode)
      select id, provider, account, provider_payment_id, 'initiated', livemode
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
        as t (id, provider, account, provider_payment_id, livemode)
      order by provider_payment_id, provider, account
      on conflict (provider, account, provider_payment_id) do nothing`,
    values: [
      uuidArray(payments.map(({ id }) => id)),
      ...keyColumns(payments, 'providerPaymentId'),
      booleanArray(payments.map(({ livemode }) => livemode)),
    ],
  });
}

/** Makes and locks rows for parts: whoever names a part waits here for whoever links it. */
export async function lockParts(
  tx: Tx,
  parts: readonly PartKey[],
): Promise<(PartKey & { readonly paymentId: string | null })[]> {
  const values = keyColumns(parts, 'partId');
  await tx.query({
    name: 'insert-parts',
    text: `
      insert into payment_parts (provider, account, part_id)
      select * from unnest($1::text[], $2::text[], $3::text[]) as t (provider, account, part_id)
      order by part_id, provider, account on conflict do nothing`,
    values,
  });
  const { rows } = await tx.query<PartColumns>({
    name: 'lock-parts',
    text: `
      select provider, account, part_id, payment_id from payment_parts
      where (provider, account, part_id) in
        (select * from unnest($1::text[], $2::text[], $3::text[]))
      order by part_id, provider, account for update`,
    values,
  });
  return rows.map(({ part_id, payment_id, ...row }) => ({
    partId: part_id,
    paymentId: payment_id,
    ...row,
  }));
}

/** Locks payments by key and by id, in the order of their ids. */
export async function lockPayments(
  tx: Tx,
  keys: readonly PaymentKey[],
  ids: readonly string[],
): Promise<PaymentRow[]> {
  const { rows } = await tx.query<PaymentColumns>({
    name: 'lock-payments',
    text: `
      select ${PAYMENT_COLUMNS} from payments
      where id in (
        select p.id
        from unnest($1::text[], $2::text[], $3::text[]) as k (provider, account, id)
        join payments p
          on (p.provider, p.account, p.provider_payment_id) = (k.provider, k.account, k.id)
        union all
        select unnest($4::uuid[]))
      order by id for update`,
    values: [...keyColumns(keys, 'providerPaymentId'), uuidArray(ids)],
  });
  return rows.map(toPayment);
}

export const PAYMENT_COLUMNS = `id, provider, account, provider_payment_id, order_id, status,
  currency, amount_minor, amount_authorized_minor, amount_captured_minor, amount_refunded_minor,
  livemode, is_provisional, started_as, created_at, version`;

/** A payment as `pg` gives it: bigint arrives as a string. */
export interface PaymentColumns {
  id: string;
  provider: string;
  account: string;
  provider_payment_id: string;
  order_id: string | null;
  status: PaymentRow['status'];
  currency: string | null;
  amount_minor: string | null;
  amount_authorized_minor: string;
  amount_captured_minor: string;
  amount_refunded_minor: string;
  livemode: boolean;
  is_provisional: boolean;
  started_as: string | null;
  created_at: Date;
  version: number;
}

export function toPayment(row: PaymentColumns): PaymentRow {
  return {
    id: row.id,
    provider: row.provider,
    account: row.account,
    providerPaymentId: row.provider_payment_id,
    orderId: row.order_id,
    status: row.status,
    currency: row.currency,
    amountMinor: toBigInt(row.amount_minor),
    amountAuthorizedMinor: BigInt(row.amount_authorized_minor),
    amountCapturedMinor: BigInt(row.amount_captured_minor),
    amountRefundedMinor: BigInt(row.amount_refunded_minor),
    livemode: row.livemode,
    isProvisional: row.is_provisional,
    startedAs: row.started_as,
    createdAt: row.created_at,
    version: row.version,
  };
}

export function toBigInt(value: string | null): bigint | null {
  return value === null ? null : BigInt(value);
}

interface PartColumns {
  provider: string;
  account: string;
  part_id: string;
  payment_id: string | null;
}

/** Three arrays for three `unnest` parameters. */
export function keyColumns<K extends string>(
  keys: readonly ({ readonly provider: string; readonly account: string } & Record<K, string>)[],
  id: K,
): BinaryArray<string>[] {
  return [
    textArray(keys.map((one) => one.provider)),
    textArray(keys.map((one) => one.account)),
    textArray(keys.map((one) => one[id])),
  ];
}
