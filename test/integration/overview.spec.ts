import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { overview } from '../../src/ops/overview/overview.js';
import { Sampler } from '../../src/ops/overview/sampler.js';
import { deleteOldSamples } from '../../src/ops/overview/sample.queries.js';
import { fingerprintSecret } from '../../src/ops/settings/fingerprint-secret.js';
import { findSecretMatches } from '../../src/ops/settings/secret-match.queries.js';
import type { Services } from '../../src/services.js';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const CONFIG = {
  providerSecrets: new Map([['stripe', new Map([['default', ['newest-secret', 'older-secret']]])]]),
};

describe('the overview', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
  });

  beforeEach(() => pool.query('truncate minute_samples, secret_matches'));

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const process = (): { metrics: Metrics; sampler: Sampler } => {
    const metrics = createMetrics();
    return { metrics, sampler: new Sampler({ metrics, pool, config: CONFIG }) };
  };
  /** As of the newest sample: the minute may turn while a test runs. */
  const show = async (minutes: number) => {
    const { rows } = await pool.query<{ at: Date }>('select max(at) as at from minute_samples');
    const services = { database: { command: pool } } as unknown as Services;
    return overview(services, { minutes }, rows[0]?.at);
  };

  it('adds up what all processes counted, and what they measured', async () => {
    const [one, other] = [process(), process()];
    one.metrics.received.inc({ provider: 'stripe' }, 3);
    other.metrics.received.inc({ provider: 'paystack' }, 2);
    for (let times = 0; times < 99; times += 1) {
      one.metrics.acknowledgeSeconds.observe({ provider: 'stripe' }, 0.0005);
    }
    other.metrics.acknowledgeSeconds.observe({ provider: 'stripe' }, 4);
    await one.sampler.runOnce();
    await other.sampler.runOnce();
    const { totals, points } = await show(2);
    expect(totals).toMatchObject({ received: 5, applied: 0, applyLag: { count: 0, p50Ms: null } });
    expect(totals.acknowledge).toMatchObject({ count: 100, p99Ms: 1 });
    expect(totals.acknowledge.p50Ms).toBeCloseTo(0.51, 1);
    expect(points).toHaveLength(2);
  });

  it('counts each thing in one sample', async () => {
    const { metrics, sampler } = process();
    metrics.outcomes.inc({ provider: 'stripe', outcome: 'dead', reason: 'payload_malformed' });
    await sampler.runOnce();
    await sampler.runOnce();
    metrics.outcomes.inc({ provider: 'stripe', outcome: 'applied', reason: '' }, 2);
    await sampler.runOnce();
    expect((await show(60)).totals).toMatchObject({ dead: 1, applied: 2 });
    const { rows } = await pool.query('select count(*)::int as samples from minute_samples');
    expect(rows).toEqual([{ samples: 3 }]);
  });

  it('takes what could not be written along into the next sample', async () => {
    const { metrics, sampler } = process();
    metrics.received.inc({ provider: 'stripe' });
    await pool.query('alter table minute_samples rename to hidden_samples');
    await expect(sampler.runOnce()).rejects.toThrow('minute_samples');
    await pool.query('alter table hidden_samples rename to minute_samples');
    metrics.received.inc({ provider: 'stripe' });
    await sampler.runOnce();
    expect((await show(60)).totals.received).toBe(2);
  });

  it('tells a minute in which nobody counted from one in which nothing came', async () => {
    await process().sampler.runOnce();
    const { points } = await show(60);
    expect(points).toHaveLength(60);
    expect(points.filter(({ counts }) => counts !== null)).toMatchObject([
      { counts: { received: 0 } },
    ]);
  });

  it('takes longer steps for longer times, each at a multiple of its length', async () => {
    const { metrics, sampler } = process();
    metrics.received.inc({ provider: 'stripe' });
    await sampler.runOnce();
    for (const [minutes, stepMinutes] of [
      [1, 1],
      [60, 1],
      [241, 2],
      [1440, 10],
      [10_080, 60],
    ] as const) {
      const { stepSeconds, points, totals, to } = await show(minutes);
      expect({ minutes, stepSeconds }).toEqual({ minutes, stepSeconds: stepMinutes * 60 });
      expect(points).toHaveLength(Math.ceil(minutes / stepMinutes));
      expect(points.every(({ at }) => Date.parse(at) % (stepSeconds * 1000) === 0)).toBe(true);
      expect(Date.parse(to) - Date.parse(points.at(-1)?.at ?? '')).toBe(stepSeconds * 1000);
      expect(totals.received).toBe(1);
      expect(points.at(-1)?.counts?.received).toBe(1);
    }
  });

  it.each([{ minutes: 0 }, { minutes: 10_081 }, { minutes: 'x' }, { other: 1 }])(
    'refuses %j',
    async (query) => {
      const services = { database: { command: pool } } as unknown as Services;
      await expect(overview(services, query)).rejects.toMatchObject({ code: 'bad_request' });
    },
  );

  it('forgets samples that are too old to be shown', async () => {
    const { sampler } = process();
    await sampler.runOnce();
    await pool.query(`update minute_samples set at = at - interval '8 days'`);
    await sampler.runOnce();
    const { rows } = await pool.query('select count(*)::int as samples from minute_samples');
    expect(rows).toEqual([{ samples: 1 }]);
    await inTransaction(pool, (tx) => deleteOldSamples(tx, 7));
  });

  it('notes when a secret matched last, and how often, over processes and restarts', async () => {
    const match = { provider: 'stripe', account: 'default' };
    const [one, other] = [process(), process()];
    one.metrics.secretMatched.inc({ ...match, index: '0' }, 3);
    one.metrics.secretMatched.inc({ ...match, index: '1' });
    other.metrics.secretMatched.inc({ ...match, index: '0' }, 2);
    await one.sampler.runOnce();
    await other.sampler.runOnce();
    await one.sampler.runOnce();
    const found = await findSecretMatches(pool);
    const deliveriesOf = (secret: string) =>
      found.find(({ fingerprint }) => fingerprint === fingerprintSecret(secret))?.deliveries;
    expect(found).toHaveLength(2);
    expect(deliveriesOf('newest-secret')).toBe(5);
    expect(deliveriesOf('older-secret')).toBe(1);
  });
});
