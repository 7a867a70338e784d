import type { Expected, ExpectedOrder, ExpectedPayment } from './model.js';

/** Runs one statement and gives its rows. */
export type Query = (
  sql: string,
  values: unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** With more tags than this everything is read, and what is not asked for is left out here. */
const TAGS_IN_SQL_MAX = 32;

/**
 * What stands in the database, in the shape of what the model expects.
 * @param tags of lives: only what has one of them in its id; null: everything
 */
export async function readActual(query: Query, tags: readonly string[] | null): Promise<Expected> {
  const patterns =
    tags === null || tags.length > TAGS_IN_SQL_MAX ? null : tags.map((tag) => `%${tag}%`);
  const isWanted = tags === null ? () => true : holdsOneOf(tags);
  const payments = (await query(PAYMENTS, [patterns])) as unknown as ExpectedPayment[];
  const orders = (await query(ORDERS, [patterns])) as unknown as ExpectedOrder[];
  return {
    payments: new Map(
      payments
        .filter((one) => isWanted(one.providerPaymentId))
        .map((one) => [`${one.provider} ${one.providerPaymentId}`, one]),
    ),
    orders: new Map(
      orders.filter((one) => isWanted(one.reference)).map((one) => [one.reference, one]),
    ),
  };
}

// Amounts are float8 here, since a bigint would come as a text; those of the proof are exact in it.
const PAYMENTS = `
  select p.provider, p.provider_payment_id as "providerPaymentId", o.reference as "orderReference",
         p.status, p.currency, p.amount_captured_minor::float8 as "amountCapturedMinor",
         p.amount_refunded_minor::float8 as "amountRefundedMinor",
         coalesce((select array_agg(d.dispute_key || ' ' || d.status
                     order by (d.dispute_key || ' ' || d.status) collate "C")
                   from disputes d where d.payment_id = p.id), '{}') as disputes
  from payments p left join orders o on o.id = p.order_id
  where $1::text[] is null or p.provider_payment_id like any ($1)`;

const ORDERS = `
  with documents as (
    select order_reference,
           (count(*) filter (where kind = 'invoice'))::int as invoices,
           (count(*) filter (where kind = 'credit_note'))::int as credit_notes,
           sum(case kind when 'credit_note' then -amount_minor else amount_minor end)::float8 as net
    from invoice_documents group by order_reference
  ), doubts as (
    select coalesce(r.order_id, p.order_id) as order_id,
           array_agg(r.reason order by r.reason collate "C") as reasons
    from reviews r left join payments p on p.id = r.payment_id
    where r.status = 'open' group by 1
  )
  select o.reference, o.status, o.currency, o.amount_due_minor::float8 as "amountDueMinor",
         o.amount_paid_minor::float8 as "amountPaidMinor",
         o.amount_refunded_minor::float8 as "amountRefundedMinor",
         coalesce(doubts.reasons, '{}') as "openReviews",
         coalesce(documents.invoices, 0) as invoices,
         coalesce(documents.credit_notes, 0) as "creditNotes",
         coalesce(documents.net, 0) as "documentsNetMinor",
         coalesce(a.status = 'granted', false) as "hasAccess"
  from orders o
    left join documents on documents.order_reference = o.reference
    left join doubts on doubts.order_id = o.id
    left join access_grants a on a.order_reference = o.reference
  where $1::text[] is null or o.reference like any ($1)`;

/** Whether a text has one of many others in it, without looking for each of them. */
function holdsOneOf(tags: readonly string[]): (text: string) => boolean {
  const wanted = new Set(tags);
  const lengths = [...new Set(tags.map((tag) => tag.length))];
  return (text) =>
    lengths.some((length) => {
      for (let at = 0; at + length <= text.length; at += 1) {
        if (wanted.has(text.slice(at, at + length))) return true;
      }
      return false;
    });
}

/** Where the two differ, a line for each field; what is expected to be null there is not compared. */
export function differences(expected: Expected, actual: Expected): string[] {
  return [
    ...differencesOf('payment', expected.payments, actual.payments),
    ...differencesOf('order', expected.orders, actual.orders),
  ];
}

/** Fields that are null where any value is right. */
const MAY_BE_LEFT_OPEN = ['invoices', 'creditNotes', 'documentsNetMinor'];

function differencesOf(
  what: string,
  expected: ReadonlyMap<string, object>,
  actual: ReadonlyMap<string, object>,
): string[] {
  const keys = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return keys.flatMap((key) => {
    const wanted = expected.get(key);
    const found = actual.get(key);
    if (!wanted) return [`${what} ${key}: is there, and nobody told of it`];
    if (!found) return [`${what} ${key}: is missing`];
    return differingFields(wanted, found).map((line) => `${what} ${key}: ${line}`);
  });
}

function differingFields(wanted: object, found: object): string[] {
  const actual = found as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).flatMap(([field, value]) => {
    if (value === null && MAY_BE_LEFT_OPEN.includes(field)) return [];
    const [expected, is] = [JSON.stringify(value), JSON.stringify(actual[field])];
    return expected === is ? [] : [`${field} should be ${expected} and is ${is}`];
  });
}
