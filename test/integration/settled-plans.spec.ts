import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { KEYED_PLAN_OPTIONS } from '../../src/database/keyed-plans.js';
import type { Queryable } from '../../src/database/transaction.js';
import {
  advanceKey,
  dropKey,
  finishKey,
  releaseKey,
  renewLease,
} from '../../src/idempotency/key.queries.js';
import {
  claimEvents,
  failEvent,
  findUndone,
  finishEvents,
  releaseRings,
} from '../../src/inbox/ring.queries.js';
import { beginAttempts, endAttempts, keepAttempts } from '../../src/inbox/unended.queries.js';
import {
  failDispatch,
  isWanted,
  markConsumed,
  markPublished,
  postponeDispatch,
  releaseDispatches,
} from '../../src/outbox/dispatch.queries.js';
import { PlanObserver, TELL_PLANS } from '../support/plan-observer.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Done with long ago, and what waits later on, in each table. */
const ROWS = 2000;
/** More than PostgreSQL plans anew before it keeps a plan. */
const ROUNDS = 7;
const ROWS_READ_MAX = 50;
const CONSUMER = 'mails';

/** What names rows by their keys, and wants only those that wait. The tables have indexes of those. */
const STATEMENTS: Readonly<Record<string, (on: Queryable, ids: readonly string[]) => unknown>> = {
  claimEvents: (on, ids) => claimEvents(on as never, ids),
  findUndone,
  finishEvents: (on, ids) =>
    finishEvents(
      on as never,
      ids.map((id) => ({ id, status: 'applied', reason: null, paymentId: null, partId: null })),
    ),
  releaseRings,
  failEvent: (on, [id]) =>
    failEvent(on, { id: id!, attemptsBefore: 9, code: 'x', message: 'x', retryInMs: 1 }),
  beginAttempts: (on, ids) => beginAttempts(on, { ids, unended: 9 }, 10),
  keepAttempts: (on, ids) => keepAttempts(on, { ids, unended: 9 }, 10),
  endAttempts: (on, ids) => endAttempts(on, { ids, unended: 9 }),
  markPublished: (on, ids) => markPublished(on, CONSUMER, turns(ids), 120),
  releaseDispatches: (on, ids) => releaseDispatches(on, CONSUMER, turns(ids)),
  isWanted: (on, [messageId]) => isWanted(on, CONSUMER, { messageId: messageId!, tries: 9 }),
  markConsumed: (on, [messageId]) => markConsumed(on, CONSUMER, messageId!),
  failDispatch: (on, [messageId]) =>
    failDispatch(on, CONSUMER, {
      messageId: messageId!,
      tries: 9,
      code: 'x',
      message: 'x',
      retryInMs: 1,
      isFinal: false,
      attemptsMax: 9,
    }),
  postponeDispatch: (on, [messageId]) =>
    postponeDispatch(on, CONSUMER, { messageId: messageId!, tries: 9 }, 1),
  advanceKey: (on, [key]) => advanceKey(on, held(key!), 'next', {}, 15),
  renewLease: (on, [key]) => renewLease(on, held(key!), 15),
  finishKey: (on, [key]) =>
    finishKey(on, held(key!), { status: 200, headers: {}, body: Buffer.alloc(0) }),
  releaseKey: (on, [key]) =>
    releaseKey(on, held(key!), { code: 'storage_unavailable', message: 'x', members: {} }, 1),
  dropKey: (on, [key]) => dropKey(on, held(key!)),
};

const turns = (ids: readonly string[]) => ids.map((messageId) => ({ messageId, turn: 9 }));
const held = (key: string) => ({
  ...{ caller: 'shop', operation: 'create_order', key, owner: randomUUID() },
  ...{ request: '{}', recoveryPoint: 'started', state: {}, attempts: 1 },
});

describe('a plan that was made while nothing waited', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  const plans = new PlanObserver();

  beforeAll(async () => {
    database = await createTestDatabase();
    const tables = ['inbox', 'outbox', 'dispatches', 'idempotency_keys'];
    for (const table of tables) {
      // What it learns would have statements planned anew: sooner or later, but not at once.
      await database.query(`alter table ${table} set (autovacuum_enabled = off)`);
    }
    await fill('applied', 'consumed', 'done');
    for (const table of tables) await database.query(`vacuum analyze ${table}`);
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'select current_database() as name',
    );
    for (const one of TELL_PLANS) await database.query(`alter database ${name} set ${one}`);
    pool = new pg.Pool({ connectionString: database.url, max: 1, options: KEYED_PLAN_OPTIONS });
    plans.watch(pool);
    const settled = await database.query<{ id: string }>('select id from inbox limit 3');
    for (const run of Object.values(STATEMENTS)) {
      for (let round = 0; round < ROUNDS; round += 1) {
        await run(
          pool,
          settled.map(({ id }) => id),
        );
      }
    }
    await fill('received', 'pending', 'in_progress');
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it.each(Object.entries(STATEMENTS))(
    'of %s reads none of the others that wait by now',
    async (_name, run) => {
      const named = await database.query<{ id: string }>(
        `select id from inbox where status = 'received' limit 3`,
      );
      plans.taken(/./);
      await run(
        pool,
        named.map(({ id }) => id),
      );
      const looks = plans.taken(/./);
      expect(looks).toHaveLength(1);
      for (const { rows, indexes } of looks) {
        expect({ indexes, rows }).toEqual({ indexes, rows: Math.min(rows, ROWS_READ_MAX) });
      }
    },
  );

  /** An event, a message and a command of the same id each. */
  function fill(event: string, message: string, command: string): Promise<unknown> {
    return database.query(
      `with ids as materialized (
         select gen_random_uuid() as id from generate_series(1, ${ROWS})),
       events as (
         insert into inbox (id, provider, account, event_id, event_type, status, fingerprint,
                            body_bytes, due_at, ring_at, finished_at)
         select id, 'stripe', 'default', id::text, 'charge.succeeded', $1, sha256(id::text::bytea),
                1, now(), now(), case when $1 <> 'received' then now() end from ids),
       messages as (
         insert into outbox (id, type, aggregate, aggregate_id, version, subject, data)
         select id, 'order.paid', 'order', id, 1, 'order', '{}' from ids),
       told as (
         insert into dispatches (consumer, message_id, status, settled_at)
         select '${CONSUMER}', id, $2, case when $2 <> 'pending' then now() end from ids)
       insert into idempotency_keys (caller, operation, key, fingerprint, status, request,
                                     recovery_point, locked_until, resume_at, expires_at,
                                     response_status, response_headers, response_body, finished_at)
       select 'shop', 'create_order', id, sha256(id::text::bytea), $3, '{}', 'started', now(), now(),
              now() + interval '1 day', answer.status, answer.headers, answer.body, answer.at
       from ids left join (select 200, '{}'::json, ''::bytea, now()) as answer (status, headers, body, at)
         on $3 = 'done'`,
      [event, message, command],
    );
  }
});
