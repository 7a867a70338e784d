import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ReplayView } from '../../src/ops/replays/present-replay.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { range } from '../support/long-story.js';
import { paid } from '../support/operator-harness.js';
import { OPERATORS, OPERATOR_TOKENS, type Operator } from '../support/reviewed-orders.js';
import { createRingHarness } from '../support/ring-harness.js';
import { freshQueuePrefix, serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PATIENCE = { timeoutMs: 40_000 };

describeBackends((backend) => {
  let database: TestDatabase;
  let environment: Readonly<Record<string, string | undefined>>;
  let services: SpawnedService[];

  beforeEach(async () => {
    services = [];
    database = await createTestDatabase();
    environment = serviceEnvironment(
      {
        databaseUrl: database.url,
        redisUrl: await backend.redisUrl(),
        ...(backend.name === 'redis' ? { queuePrefix: freshQueuePrefix() } : {}),
      },
      { API_TOKENS: OPERATOR_TOKENS },
    );
  });

  afterEach(async () => {
    for (const service of services) await service.kill('SIGTERM');
    await database.drop();
  });

  async function start(): Promise<SpawnedService> {
    const service = await spawnService({ env: environment });
    services.push(service);
    return service;
  }

  /** As many payments of an order each, which nobody could translate at first. */
  async function deadLetters(count: number): Promise<void> {
    const harness = createRingHarness(database);
    await Promise.all(
      range(count).map((n) => harness.deliver('stripe', paid(`order-${n}`, `p${n}`))),
    );
    await harness.close();
    await database.query(
      `update inbox set status = 'dead', attempts = 3, outcome_reason = 'translate_failed',
         finished_at = now(), attempt_errors = jsonb_build_array(jsonb_build_object(
           'attempt', 3, 'code', 'translate_failed', 'message', 'no', 'at', now()))`,
    );
  }

  async function ask<T>(
    { url }: SpawnedService,
    operator: Operator,
    path: string,
    body?: object,
  ): Promise<T> {
    const response = await fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${OPERATORS[operator]}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    expect([200, 202]).toContain(response.status);
    return (await response.json()) as T;
  }

  const replayAll = (service: SpawnedService, operator: Operator, perSecond: number) =>
    ask<ReplayView>(service, operator, '/v1/replays', {
      filter: { code: 'translate_failed' },
      reason: 'it can be translated now',
      perSecond,
    });

  function untilDone(service: SpawnedService, id: string): Promise<ReplayView> {
    return eventually(async () => {
      const replay = await ask<ReplayView>(service, 'ann', `/v1/replays/${id}`);
      expect(replay).toMatchObject({ status: 'done', pending: 0 });
      return replay;
    }, PATIENCE);
  }

  /** Each event was sent through once and applied once, and the money is there once. */
  async function expectAppliedOnce(count: number): Promise<void> {
    await eventually(async () => {
      const events = await database.query(
        `select status, replays, count(*)::int as events from inbox group by 1, 2`,
      );
      expect(events).toEqual([{ status: 'applied', replays: 1, events: count }]);
    }, PATIENCE);
    const [found] = await database.query(
      `select (select count(*)::int from payments
               where status = 'paid' and amount_captured_minor = 5000 and version = 1) as payments,
              (select count(*)::int from orders where status = 'paid' and version = 1) as orders,
              (select count(*)::int from ledger_transfers) as transfers,
              (select count(*)::int from outbox) as messages`,
    );
    const messages = 2 * count;
    expect(found).toEqual({ payments: count, orders: count, transfers: count, messages });
  }

  it('two operators who replay the same dead letters at once replay each once', async () => {
    await deadLetters(200);
    const [one, other] = await Promise.all([start(), start()]);
    const [first, second] = await Promise.all([
      replayAll(one, 'ann', 1000),
      replayAll(other, 'ben', 1000),
    ]);
    const replays = [await untilDone(one, first.id), await untilDone(one, second.id)];
    const sum = (name: 'total' | 'done' | 'skipped') => replays[0]![name] + replays[1]![name];
    // Whoever comes a moment later finds fewer that are still dead.
    expect(Math.max(...replays.map(({ total }) => total))).toBe(200);
    expect(sum('done')).toBe(200);
    expect(sum('skipped')).toBe(sum('total') - 200);
    await expectAppliedOnce(200);

    const { data } = await ask<{ data: Record<string, unknown>[] }>(
      one,
      'ann',
      '/v1/audit?action=replay.start',
    );
    expect(data).toHaveLength(2);
    expect(data.map(({ actor }) => actor).sort()).toEqual(['ann', 'ben']);
    const totals = replays.map(({ total }) => total).sort();
    expect(data.map(({ counts }) => (counts as { matched: number }).matched).sort()).toEqual(
      totals,
    );
    for (const entry of data) {
      expect(entry).toMatchObject({
        filter: { code: 'translate_failed' },
        reason: 'it can be translated now',
        result: 'started',
      });
    }
  });

  it('a bulk replay goes on after the service was killed in the middle of it', async () => {
    await deadLetters(500);
    const doomed = await start();
    const { id } = await replayAll(doomed, 'ann', 200);
    await eventually(async () => {
      const { done } = await ask<ReplayView>(doomed, 'ann', `/v1/replays/${id}`);
      expect(done).toBeGreaterThanOrEqual(100);
    }, PATIENCE);
    await doomed.kill('SIGKILL');
    const [cut] = await database.query<{ done: number; status: string }>(
      'select done, status from replays',
    );
    expect(cut).toMatchObject({ status: 'running' });
    expect(cut!.done).toBeLessThan(500);

    const restarted = await start();
    expect(await untilDone(restarted, id)).toMatchObject({ done: 500, skipped: 0 });
    await expectAppliedOnce(500);
  });
});
