import type { TestDatabase } from '../../test-database.js';
import type { MemoryDatabase } from '../database/memory-database.js';

type Row = Readonly<Record<string, unknown>>;

/** Every table that applying events writes, with what the statements of the model know of it. */
const TABLES: Readonly<Record<string, { readonly from: string; readonly columns: string }>> = {
  inbox: {
    from: 'inbox',
    columns: 'id event_id status outcome_reason attempts payment_id part_id',
  },
  orders: {
    from: 'orders',
    columns: `id reference status currency amount_due_minor amount_paid_minor
      amount_refunded_minor version`,
  },
  payments: {
    from: 'payments',
    columns: `id provider account provider_payment_id order_id status currency amount_minor
      amount_authorized_minor amount_captured_minor amount_refunded_minor livemode version`,
  },
  facts: {
    from: 'payment_facts',
    columns: `payment_id kind fact_key amount_minor currency state reference livemode inbox_id
      occurred_at_ms`,
  },
  parts: { from: 'payment_parts', columns: 'provider account part_id payment_id' },
  parked: {
    from: 'parked_facts',
    columns: `provider account part_id kind fact_key amount_minor currency state reference
      livemode inbox_id occurred_at_ms`,
  },
  disputes: {
    from: 'disputes',
    columns: 'id payment_id dispute_key status amount_minor currency version',
  },
  reviews: {
    from: 'reviews',
    columns: 'payment_id order_id reason status amount_minor resolved_minor',
  },
  transitions: {
    from: 'transitions',
    columns: 'payment_id order_id dispute_id version from_status to_status inbox_id',
  },
  transfers: {
    from: 'ledger_transfers',
    columns: `paymentId orderId factKind factKey rule revision debitAccount creditAccount currency
      amountMinor inboxId`,
  },
  messages: {
    from: 'outbox',
    columns: 'type aggregate aggregate_id version part subject data',
  },
};

/** Everything that came of some events, a line for each row. */
export async function booksOfPostgres(database: TestDatabase): Promise<readonly string[]> {
  const rows: Record<string, Row[]> = {};
  for (const [table, { from }] of Object.entries(TABLES)) {
    rows[table] = await database.query(
      `select ${columnsOf(table).map(toSql).join(', ')} from ${from}`,
    );
  }
  return toLines(rows);
}

export function booksOfMemory({ tables }: MemoryDatabase): readonly string[] {
  const rows: Readonly<Record<string, readonly object[]>> = {
    inbox: tables.inbox.committed(),
    orders: tables.orders.committed(),
    payments: tables.payments.committed(),
    facts: tables.paymentFacts.committed(),
    parts: tables.paymentParts.committed(),
    parked: tables.parkedFacts.committed(),
    disputes: tables.disputes.committed(),
    reviews: tables.reviews.committed(),
    transitions: tables.transitions.committed(),
    transfers: tables.ledgerTransfers.committed(),
    messages: tables.outbox.committed(),
  };
  return toLines(rows as Readonly<Record<string, readonly Row[]>>);
}

function columnsOf(table: string): string[] {
  return TABLES[table]!.columns.split(/\s+/);
}

function toSql(column: string): string {
  if (column === 'occurred_at_ms') {
    return 'round(extract(epoch from occurred_at) * 1000)::float8 as occurred_at_ms';
  }
  const name = column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `${name} as "${column}"`;
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Rows without our ids, which differ: each is called what the provider calls it. */
function toLines(rows: Readonly<Record<string, readonly Row[]>>): readonly string[] {
  const names = new Map([
    ...namesOf(rows['inbox'], 'event_id'),
    ...namesOf(rows['orders'], 'reference'),
    ...namesOf(rows['payments'], 'provider_payment_id'),
    ...namesOf(rows['disputes'], 'dispute_key'),
  ]);
  const lines = Object.entries(rows).flatMap(([table, some]) =>
    some.map((row) => {
      const fields = columnsOf(table).map((column) => `${column}=${toText(row[column])}`);
      return `${table} ${fields.join(' ')}`;
    }),
  );
  return lines.map((line) => line.replace(UUID, (id) => names.get(id) ?? 'some id')).sort();
}

function namesOf(rows: readonly Row[] = [], column: string): [string, string][] {
  return rows.map((row) => [String(row['id']), String(row[column])]);
}

/** Objects with sorted names, as jsonb has lost their order. */
function toText(value: unknown): string {
  if (typeof value === 'string') return TIME.test(value) ? 'some time' : value;
  if (Array.isArray(value)) return `[${value.map(toText).join()}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([name, one]) => `${name}: ${toText(one)}`).join()}}`;
}

/** When rows were made, which is told in messages. */
const TIME = /^\d{4}-\d\d-\d\dT/;
