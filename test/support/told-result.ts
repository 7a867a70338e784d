import type { TestDatabase } from './test-database.js';

/**
 * What the consumers invoices and access have made of what they were told about one life, in one
 * comparable value: the invoice, what all documents add up to, and the access.
 *
 * Without orders that were never told of and those that have no access, which is the same; and
 * without the documents of orders that a review holds: what was issued before the contradiction was
 * known stays until somebody decides.
 */
export async function toldResult(database: TestDatabase, life: string): Promise<unknown> {
  const [row] = await database.query<{ result: string }>(
    `select jsonb_build_object(
       'documents', (
         select jsonb_agg(jsonb_build_array(order_reference, currency, invoiced, credited - debited)
                  order by order_reference)
         from (
           select order_reference, currency,
                  sum(amount_minor) filter (where kind = 'invoice') as invoiced,
                  coalesce(sum(amount_minor) filter (where kind = 'credit_note'), 0) as credited,
                  coalesce(sum(amount_minor) filter (where kind = 'debit_note'), 0) as debited
           from invoice_documents where order_reference like '%' || $1 || '%'
             and order_reference not in (
               select order_reference from access_grants where status = 'held')
           group by order_reference, currency) as orders
         -- Paid for a moment only: an invoice and its credit note, or nothing, as it was told.
         where invoiced + debited <> credited),
       'access', (
         select jsonb_agg(jsonb_build_array(order_reference, status) order by order_reference)
         from access_grants
         where order_reference like '%' || $1 || '%' and status <> 'revoked')
     )::text as result`,
    [life],
  );
  return JSON.parse((row?.result ?? 'null').replaceAll(life, '<life>')) as unknown;
}
