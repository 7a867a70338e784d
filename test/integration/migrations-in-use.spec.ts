import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { MIGRATIONS } from '../../migrations/index.js';
import { migrate, revertMigration, type MigrationWait } from '../../src/database/migrate.js';
import { eventually } from '../support/eventually.js';
import { EXPANDED, namesOf } from '../support/future-migrations.js';
import { Load } from '../support/load.js';
import { startMigrating } from '../support/migrating-process.js';
import { allFinished } from '../support/observe.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const NEW = namesOf(EXPANDED).slice(MIGRATIONS.length);

describe('a migration of a table in use', () => {
  let database: TestDatabase;
  let other: pg.Client;
  let waits: MigrationWait[];
  const options = (more: object = {}) => ({
    migrations: EXPANDED,
    patienceSeconds: 30,
    onWait: (wait: MigrationWait) => waits.push(wait),
    ...more,
  });

  beforeEach(async () => {
    waits = [];
    database = await createTestDatabase();
    other = new pg.Client({ connectionString: database.url, application_name: 'a report' });
    await other.connect();
  });

  afterEach(async () => {
    await Load.stopAll();
    await other.end();
    await database.drop();
  });

  const run = async () =>
    (
      await database.query<{ name: string }>('select name from tollgate_migrations order by id')
    ).map(({ name }) => name);

  const findIndex = () =>
    database.query<{ isValid: boolean }>(
      `select indisvalid as "isValid" from pg_index
       where indexrelid = to_regclass('inbox_region')`,
    );

  it('F21 lets webhooks pass while it waits for a transaction that does not end', async () => {
    const service = await spawnService({ env: serviceEnvironment({ databaseUrl: database.url }) });
    const client = new WebhookClient(service.url);
    const load = new Load(client, () => new Story().stripe('payment_intent.succeeded'));
    await load.acknowledges(20);
    await other.query('begin');
    await other.query('select count(*) from inbox');

    const migrating = migrate(database.url, options());
    await eventually(() => expect(waits.length).toBeGreaterThanOrEqual(2), { timeoutMs: 25_000 });
    await load.acknowledges(20);
    await other.query('rollback');
    await expect(migrating).resolves.toEqual(NEW);
    await load.acknowledges(20);
    const ledger = await load.stop();

    expect(ledger.refused.map(({ answer }) => answer)).toEqual([]);
    expect(ledger.unknown.map(({ code }) => code)).toEqual([]);
    await allFinished(database, ledger.acknowledged, 20_000);
    const open = { application: 'a report', state: 'idle in transaction' };
    expect(waits[0]).toMatchObject({ why: 'a table is in use', tries: 1 });
    expect(waits).toContainEqual(
      expect.objectContaining({ open: expect.arrayContaining([expect.objectContaining(open)]) }),
    );
    client.close();
    await service.kill('SIGTERM');
  });

  it('gives up in the end, and names who is in the way', async () => {
    await other.query('begin');
    await other.query('lock table inbox in access share mode');
    const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid');
    const giveUp = migrate(database.url, options({ patienceSeconds: 0 }));
    await expect(giveUp).rejects.toThrow(
      new RegExp(`process ${rows[0]!.pid} \\(a report, idle in transaction, \\d+ s\\)`),
    );
    // What needs no table in use is done, and stays.
    expect(await run()).toEqual(namesOf(EXPANDED).slice(0, -3));
    await other.query('rollback');
    await expect(migrate(database.url, options())).resolves.toEqual(NEW.slice(1));
  });

  it('is taken back with the same patience', async () => {
    await migrate(database.url, options());
    await revertMigration(database.url, options());
    await revertMigration(database.url, options());
    await other.query('begin');
    await other.query('lock table inbox in access share mode');
    const reverting = revertMigration(database.url, options());
    await eventually(() => expect(waits.length).toBeGreaterThan(0));
    await other.query('rollback');
    await expect(reverting).resolves.toBe(NEW[1]);
    expect(await run()).toEqual(namesOf(EXPANDED).slice(0, -3));
  });

  /** Waits until somebody builds the index, and waits for older transactions. */
  const indexIsBuilt = () =>
    eventually(
      async () => {
        const [building] = await database.query<{ pid: number }>(
          `select pid from pg_stat_activity
           where datname = current_database() and query like '%create index concurrently%'
             and pid <> pg_backend_pid() and wait_event_type = 'Lock'`,
        );
        if (!building) throw new Error('nobody waits with an index');
        return building.pid;
      },
      { timeoutMs: 20_000 },
    );

  it('runs once when several processes start at once, with an index that takes long', async () => {
    await other.query('begin isolation level repeatable read');
    await other.query('select 1 from pg_class'); // the index has to wait for this snapshot
    const starts = [1, 2, 3].map(() => migrate(database.url, options()));
    await indexIsBuilt();
    await eventually(() =>
      expect(waits.map(({ why }) => why)).toEqual([
        'another process migrates',
        'another process migrates',
      ]),
    );
    await other.query('rollback');
    const runs = await Promise.all(starts);
    expect(runs.filter((names) => names.length > 0)).toEqual([NEW]);
    expect(await run()).toEqual(namesOf(EXPANDED));
    expect(await findIndex()).toEqual([{ isValid: true }]);
  });

  it('that was cut off while it built an index builds it anew', async () => {
    await other.query('begin isolation level repeatable read');
    await other.query('select 1 from pg_class');
    const first = migrate(database.url, options());
    first.catch(() => undefined);
    const pid = await indexIsBuilt();
    await database.query('select pg_terminate_backend($1)', [pid]);
    await expect(first).rejects.toThrow(/terminat/i);
    expect(await findIndex()).toEqual([{ isValid: false }]);

    await other.query('rollback');
    await expect(migrate(database.url, options())).resolves.toEqual(NEW.slice(2));
    expect(await findIndex()).toEqual([{ isValid: true }]);
  });

  it('that was killed in the middle has left nothing, and the next start completes it', async () => {
    const process = startMigrating(database.url);
    await process.inside;
    const next = migrate(database.url, options()); // it waits for the one that is about to die
    await eventually(() => expect(waits).toEqual([{ why: 'another process migrates' }]));
    await process.kill();
    await expect(next).resolves.toEqual(NEW);
    expect(await run()).toEqual(namesOf(EXPANDED));
    const left = await database.query(
      `select table_name from information_schema.columns where column_name = 'half_done'
       union all select table_name from information_schema.tables where table_name = 'half_done'`,
    );
    expect(left).toEqual([]);
  });
});

describe('a database that is newer than the build', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrate(database.url, { migrations: EXPANDED });
  });

  afterAll(() => database.drop());

  const run = () => database.query('select name from tollgate_migrations order by id');

  it('is left as it is: nothing runs, and nothing is taken back', async () => {
    const before = await run();
    await expect(migrate(database.url)).resolves.toEqual([]);
    await expect(revertMigration(database.url)).rejects.toThrow(
      'ValidateFuture1900000000003 is unknown to this build: take it back with its own',
    );
    expect(await run()).toEqual(before);
  });

  it('serves the older build all the same', async () => {
    const service = await spawnService({ env: serviceEnvironment({ databaseUrl: database.url }) });
    const client = new WebhookClient(service.url);
    const event = new Story().stripe('payment_intent.succeeded');
    expect(await client.expectAccepted(event)).toBe('recorded');
    expect(await allFinished(database, [event])).toMatchObject([{ status: 'applied' }]);
    client.close();
    await service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });
});
