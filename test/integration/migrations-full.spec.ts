import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate, revertMigration } from '../../src/database/migrate.js';
import {
  describeSchema,
  dumpRows,
  inCommon,
  type Dump,
  type Row,
} from '../support/database-dump.js';
import { openFullShop } from '../support/full-shop.js';
import { createRingHarness } from '../support/ring-harness.js';
import type { Shop } from '../support/shop.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const NAMES = MIGRATIONS.map(({ name }) => name);

/** What is there for a moment only, or in ways of which none is told here. */
const EMPTY_COLUMNS = [
  'console_sessions.notice', // what the next page says, once
  'replay_items.skip_reason', // of an event without its payload
  'idempotency_keys.locked_by', // who runs a request, as long as it runs
  'reviews.refund_key', // a refund that was decided, until it is made
  'reviews.refund_plan',
  'ledger_transfers.command', // only what the migration itself has posted
  'parked_facts.reference', // of a capture by a key of ours, which is never parked
];

/**
 * What becomes of rows that both versions know when a migration is taken back: another row, or
 * none. Everything else stays as it is. docs/migrations.md says the same in words.
 */
const CHANGES: Readonly<
  Record<string, Readonly<Record<string, (row: Row, full: Dump) => Row | null>>>
> = {
  MergedReviews1795651200000: {
    reviews: (row) => (row['merged_into'] === null ? row : null),
    review_decisions: (row, full) => {
      const review = full.get('reviews')!.find(({ id }) => id === row['review_id']);
      return { ...row, review_id: review?.['merged_into'] ?? row['review_id'] };
    },
  },
  Operations1795564800000: {
    dispatches: (row) => (row['status'] === 'discarded' ? null : row),
  },
  Checkout1795392000001: {
    payment_facts: (row, full) => {
      const payment = full.get('payments')!.find(({ id }) => id === row['payment_id']);
      return { ...row, livemode: row['livemode'] ?? payment?.['livemode'] };
    },
  },
  Payments1795305600001: {
    inbox: (row) => ({
      ...row,
      payment_id: null,
      part_id: null,
      ...(['applied', 'noop'].includes(row['status'] as string) ? AGAIN : {}),
    }),
  },
};
/** `due_at` and `ring_at` are left out of every comparison: they become the time of the test. */
const AGAIN = {
  status: 'received',
  outcome_reason: null,
  finished_at: null,
  attempts: 0,
  attempt_errors: [],
};
const IGNORED = ['due_at', 'ring_at'];

describe('the migrations on a database in which everything has happened', () => {
  let shop: Shop;
  let full: Dump;
  let schema: readonly string[];

  beforeAll(async () => {
    shop = await openFullShop();
    full = await dumpRows(shop.database, IGNORED);
    schema = await describeSchema(shop.database);
  }, 240_000);

  afterAll(() => shop.close());

  it('have rows of every table before them', () => {
    expect([...full].filter(([, rows]) => rows.length === 0).map(([table]) => table)).toEqual([]);
    expect(full.size).toBeGreaterThan(25);
  });

  it('have a value of every column before them', () => {
    const empty = [...full].flatMap(([table, rows]) =>
      Object.keys(rows[0] ?? {})
        .filter((column) => rows.every((row) => row[column] === null))
        .map((column) => `${table}.${column}`),
    );
    expect(empty.sort()).toEqual(EMPTY_COLUMNS.sort());
  });

  /** What should be left of everything after these were taken back, the newest first. */
  function changedBy(names: readonly string[]): Dump {
    const changed = new Map(full);
    for (const name of names) {
      for (const [table, change] of Object.entries(CHANGES[name] ?? {})) {
        const rows = changed.get(table)!.map((row) => change(row, full));
        changed.set(
          table,
          rows.filter((row) => row !== null),
        );
      }
    }
    return changed;
  }

  describe('taken back one by one, and run again from there', () => {
    let falling: TestDatabase;
    const gone: string[] = [];

    beforeAll(async () => {
      falling = await createTestDatabase(shop.database);
    });

    afterAll(() => falling.drop());

    it.each(NAMES.toReversed())('%s: nothing is lost but what they say', async (name) => {
      expect(await revertMigration(falling.url)).toBe(name);
      gone.push(name);
      const below = await dumpRows(falling, IGNORED);
      const [expected, found] = inCommon(changedBy(gone), below);
      expect(found).toEqual(expected);

      const rising = await createTestDatabase(falling);
      expect(await migrate(rising.url)).toEqual(gone.toReversed());
      expect(await describeSchema(rising)).toEqual(schema);
      const [before, after] = inCommon(below, await dumpRows(rising, IGNORED));
      expect(after).toEqual(before);
      await rising.drop();
    });

    it('leave nothing in the end', async () => {
      expect((await dumpRows(falling)).size).toBe(0);
    });
  });

  it('know of nothing that is changed by a migration that is not', () => {
    expect(Object.keys(CHANGES).filter((name) => !NAMES.includes(name))).toEqual([]);
  });

  it('below the payments leave events that tell all of it again', async () => {
    const database = await createTestDatabase(shop.database);
    const toldByEvents = () =>
      database.query(
        `select p.provider_payment_id, f.kind, f.fact_key, f.amount_minor, f.state
         from payment_facts f join payments p on p.id = f.payment_id
         where f.inbox_id is not null order by 1, 2, 3`,
      );
    const before = await toldByEvents();
    expect(before.length).toBeGreaterThan(100);
    for (let left = NAMES.length; left > 1; left -= 1) await revertMigration(database.url);
    await migrate(database.url);
    const harness = createRingHarness(database);
    await harness.ring();
    await harness.close();
    expect(await toldByEvents()).toEqual(before);
    await database.drop();
  });
});
