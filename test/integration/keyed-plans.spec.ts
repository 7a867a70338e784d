import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.js';
import { openDatabase, type Database } from '../../src/database/database.js';
import { processRing } from '../../src/inbox/process-ring.js';
import { claimRings } from '../../src/inbox/ring.queries.js';
import { beginAttempts, endAttempts } from '../../src/inbox/unended.queries.js';
import { relayOnce } from '../../src/outbox/relay.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { fillTables } from '../support/filled-tables.js';
import { lifecycles } from '../support/lifecycles.js';
import { register } from '../support/message-harness.js';
import { PlanObserver, TELL_PLANS } from '../support/plan-observer.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** More than PostgreSQL plans anew before it keeps a plan. */
const ROUNDS = 12;
/** What is there later on, in each table. */
const ROWS = 3000;
/** What one statement may read for the events of one life, of which the longest has some thirty. */
const ROWS_READ_MAX = 500;
const CONSUMER = 'filled';

describe('the first connection to an empty database', () => {
  let database: TestDatabase;
  let pools: Database;
  let harness: RingHarness;
  let turn: number;
  const plans = new PlanObserver();

  beforeEach(async () => {
    turn = 0;
    database = await createTestDatabase();
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'select current_database() as name',
    );
    for (const one of TELL_PLANS) await database.query(`alter database ${name} set ${one}`);
    for (const { relname } of await database.query<{ relname: string }>(
      `select oid::regclass::text as relname from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    )) {
      // What it learns would have statements planned anew: sooner or later, but not at once.
      await database.query(`alter table ${relname} set (autovacuum_enabled = off)`);
    }
    const environment = serviceEnvironment({ databaseUrl: database.url });
    pools = await openDatabase(
      database.url,
      readConfig(environment, SECRET_PREFIXES),
      () => undefined,
    );
    plans.watch(pools.work);
    harness = createRingHarness(database);
    await register(pools.work, [CONSUMER]);
  });

  afterEach(async () => {
    await harness.close();
    await pools.close();
    await database.drop();
  });

  /** Every kind of life once: applied, told, and given to a queue that takes everything. */
  async function live(): Promise<void> {
    turn += 1;
    for (const { provider, events } of lifecycles(`turn${turn}`)) {
      for (const event of events) await harness.deliver(provider, event);
      const ids = harness.recorded.splice(0);
      await beginAttempts(pools.work, { ids, unended: 0 }, 10);
      await processRing({ ...harness.context, pool: pools.work }, ids);
      await endAttempts(pools.work, { ids, unended: 0 });
      await claimRings(pools.work, 10, 10);
      await relayOnce({
        pool: pools.work,
        recipients: [{ consumer: CONSUMER, queue: TAKES_ALL }],
        source: '/tests',
        messagesMax: 200,
        leaseSeconds: 30,
        resendSeconds: 120,
        report: () => undefined,
      });
    }
  }

  it('keeps no plan that reads more than it was asked for, once the tables are not empty', async () => {
    for (let round = 0; round < ROUNDS; round += 1) await live();
    await fillTables(database, ROWS, 'not analyzed');
    await database.query(`
      insert into outbox (id, type, aggregate, aggregate_id, version, subject, data, fanned_out_at)
      select gen_random_uuid(), 'order.paid', 'order', id, 1000, reference, '{}', now()
      from orders`);
    await database.query(`
      insert into dispatches (consumer, message_id, due_at)
      select '${CONSUMER}', id, now() + interval '1 hour' from outbox where version = 1000
      on conflict do nothing`);
    await database.query(`
      insert into inbox (id, provider, account, event_id, event_type, fingerprint, body_bytes,
                         due_at, ring_at)
      select gen_random_uuid(), 'stripe', 'default', 'waits-' || n, 'charge.succeeded',
             sha256('x'), 1, now(), now() + interval '1 hour'
      from generate_series(1, ${ROWS}) n`);
    plans.taken(/./);
    await live();
    const looks = plans.taken(/./);
    expect(looks.length).toBeGreaterThan(100);
    const greedy = looks.filter(
      ({ rows, wholeTables }) =>
        rows > ROWS_READ_MAX || wholeTables.some((one) => one !== 'consumers'),
    );
    expect(greedy).toEqual([]);
  });
});

const TAKES_ALL = { addAll: () => Promise.resolve(), waiting: () => Promise.resolve(0) };
