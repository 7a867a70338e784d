import type { Queryable } from '../../database/transaction.js';

/** What waits for a person. */
export interface Attention {
  /** Dead events, and dead messages of consumers. */
  readonly deadLetters: number;
  readonly openReviews: number;
}

/** More are not counted: every page of the console asks for this. */
const COUNTED_MAX = 1000;

/** Counts what waits for a person; each kind up to 1000. */
export async function countAttention(database: Queryable): Promise<Attention> {
  const { rows } = await database.query<Attention>({
    name: 'count-attention',
    text: `
      select (select count(*) from
                (select 1 from inbox where status = 'dead' limit ${COUNTED_MAX}) one)::int
             + (select count(*) from
                (select 1 from dispatches where status = 'dead' limit ${COUNTED_MAX}) one)::int
               as "deadLetters",
             (select count(*) from
                (select 1 from reviews where status = 'open' limit ${COUNTED_MAX}) one)::int
               as "openReviews"`,
  });
  return rows[0] ?? { deadLetters: 0, openReviews: 0 };
}
