import type { Queryable } from '../database/transaction.js';
import type { AskedBefore } from '../providers/provider-api.js';

/** What a provider is asked for: the table with the row that says so. */
export type AskedFor = 'payment_starts' | 'refunds';

const ID_COLUMN = { payment_starts: 'payment_id', refunds: 'id' } as const;

/** How often and when a provider was asked for something. */
export interface Asked {
  readonly count: number;
  /** Null: never. */
  readonly asked: AskedBefore | null;
}

/**
 * Notes that a request is about to leave. Of two processes that have seen the same count only one
 * succeeds.
 */
export async function noteAsked(
  database: Queryable,
  what: AskedFor,
  id: string,
  count: number,
): Promise<boolean> {
  const { rowCount } = await database.query({
    name: `note-asked-${what}`,
    text: `
      update ${what} set asked = asked + 1, first_asked_at = coalesce(first_asked_at, now()),
        last_asked_at = now()
      where ${ID_COLUMN[what]} = $1 and asked = $2`,
    values: [id, count],
  });
  return rowCount === 1;
}

/** Takes the notes back: the provider has certainly seen nothing of it. */
export async function restoreAsked(
  database: Queryable,
  what: AskedFor,
  id: string,
  count: number,
  asked: AskedBefore | null,
): Promise<void> {
  await database.query({
    name: `restore-asked-${what}`,
    text: `
      update ${what} set first_asked_at = to_timestamp($3::float8 / 1000),
        last_asked_at = to_timestamp($4::float8 / 1000)
      where ${ID_COLUMN[what]} = $1 and asked = $2`,
    values: [id, count, asked?.firstAtMs ?? null, asked?.lastAtMs ?? null],
  });
}

export interface AskedColumns {
  asked: number;
  first_asked_at: Date | null;
  last_asked_at: Date | null;
}

/** Earlier requests to a provider, as a row tells. */
export function toAsked({
  asked,
  first_asked_at: first,
  last_asked_at: last,
}: AskedColumns): Asked {
  return {
    count: asked,
    asked: first && last ? { firstAtMs: first.getTime(), lastAtMs: last.getTime() } : null,
  };
}
