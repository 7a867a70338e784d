import type { Tx } from '../../database/transaction.js';
import type { IssuedDocuments, NewDocument } from './plan-documents.js';

/** The invoice of an order, and what its documents add up to. */
export interface IssuedInvoice extends IssuedDocuments {
  readonly invoiceId: string;
}

/** A document as it is written, but for its number and time. */
export interface DocumentDraft extends NewDocument {
  readonly id: string;
  /** The invoice that it corrects; null: it is one. */
  readonly correctsId: string | null;
}

/**
 * Locks an order and remembers its version; always before a series is locked.
 * @returns whether the version is greater than all before it: otherwise it is old news
 */
export async function advanceOrder(
  tx: Tx,
  orderReference: string,
  version: number,
): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'advance-invoice-order',
    text: `
      insert into invoice_orders (order_reference, version) values ($1, $2)
      on conflict (order_reference) do update set version = excluded.version, updated_at = now()
      where excluded.version > invoice_orders.version`,
    values: [orderReference, version],
  });
  return rowCount === 1;
}

/** What was issued for an order that is locked; null: no invoice, and so nothing. */
export async function findIssued(tx: Tx, orderReference: string): Promise<IssuedInvoice | null> {
  const { rows } = await tx.query<{ id: string; currency: string; net_minor: string }>({
    name: 'find-issued-documents',
    text: `
      select i.id, i.currency, (
        select sum(case d.kind when 'credit_note' then -d.amount_minor else d.amount_minor end)
        from invoice_documents d where d.order_reference = i.order_reference
      ) as net_minor
      from invoice_documents i where i.order_reference = $1 and i.kind = 'invoice'`,
    values: [orderReference],
  });
  const [row] = rows;
  if (!row) return null;
  return { invoiceId: row.id, currency: row.currency, netMinor: BigInt(row.net_minor) };
}

/**
 * Issues documents under the next numbers of a series. The row of the series is locked until the
 * transaction ends, so this is its last statement: everybody else who issues waits for it, and
 * since a rollback gives the numbers back there is never a gap.
 */
export async function insertDocuments(
  tx: Tx,
  series: string,
  source: { readonly orderReference: string; readonly messageId: string },
  documents: readonly DocumentDraft[],
): Promise<void> {
  await tx.query({
    name: 'insert-invoice-documents',
    text: `
      with taken as (
        insert into invoice_series as s (series, next_number, last_issued_at)
        values ($1, 1 + cardinality($4::uuid[]), clock_timestamp())
        on conflict (series) do update set
          next_number = s.next_number + cardinality($4::uuid[]),
          last_issued_at = greatest(s.last_issued_at, clock_timestamp())
        returning series, next_number - cardinality($4::uuid[]) as first_number, last_issued_at
      )
      insert into invoice_documents (id, series, number, kind, order_reference, currency,
        amount_minor, corrects_id, message_id, issued_at)
      select d.id, t.series, t.first_number + d.position - 1, d.kind, $2, d.currency,
             d.amount_minor, d.corrects_id, $3::uuid, t.last_issued_at
      from taken t, unnest($4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::uuid[])
        with ordinality as d (id, kind, currency, amount_minor, corrects_id, position)`,
    values: [
      series,
      source.orderReference,
      source.messageId,
      documents.map(({ id }) => id),
      documents.map(({ kind }) => kind),
      documents.map(({ currency }) => currency),
      documents.map(({ amountMinor }) => amountMinor.toString()),
      documents.map(({ correctsId }) => correctsId),
    ],
  });
}
