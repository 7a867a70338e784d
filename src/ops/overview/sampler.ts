import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Config } from '../../config/config.js';
import { inTransaction } from '../../database/transaction.js';
import type { Metrics } from '../../telemetry/metrics.js';
import { fingerprintSecret } from '../settings/fingerprint-secret.js';
import {
  NOTHING_COUNTED,
  readCounters,
  readGauge,
  subtractCounters,
  type Counters,
  type SecretMatch,
} from './read-counters.js';
import {
  addSecretMatches,
  deleteOldSamples,
  insertSample,
  type MatchedSecret,
} from './sample.queries.js';

const RETENTION_DAYS = 7;
const MS_PER_SECOND = 1000;

interface SamplerParts {
  readonly metrics: Metrics;
  readonly pool: Pool;
  readonly config: Pick<Config, 'providerSecrets'>;
}

/**
 * Writes down what this process counted since it last did, so that the overview shows the figures of
 * all processes, and those of before a restart. What could not be written is part of the next
 * sample; a crash loses what was not written yet.
 */
export class Sampler {
  private readonly processId = randomUUID();
  private before: Counters = NOTHING_COUNTED;
  private beforeMs = performance.now();

  constructor(private readonly parts: SamplerParts) {}

  async runOnce(): Promise<'done'> {
    const { metrics, pool, config } = this.parts;
    await Promise.allSettled(metrics.measure.map((one) => one()));
    const nowMs = performance.now();
    const now = await readCounters(metrics);
    const { secretMatches, ...counted } = subtractCounters(now, this.before);
    const sample = {
      ...counted,
      processId: this.processId,
      seconds: (nowMs - this.beforeMs) / MS_PER_SECOND,
      backlog: await readGauge(metrics.backlog),
      backlogOldestSeconds: await readGauge(metrics.backlogOldestSeconds),
      deadLetters: await readGauge(metrics.deadLetters),
    };
    const matched = toMatchedSecrets(secretMatches, config);
    await inTransaction(pool, async (tx) => {
      await insertSample(tx, sample);
      if (matched.length > 0) await addSecretMatches(tx, matched);
      await deleteOldSamples(tx, RETENTION_DAYS);
    });
    this.before = now;
    this.beforeMs = nowMs;
    return 'done';
  }
}

function toMatchedSecrets(
  matches: readonly SecretMatch[],
  { providerSecrets }: Pick<Config, 'providerSecrets'>,
): MatchedSecret[] {
  return matches.flatMap(({ provider, account, index, deliveries }) => {
    const secret = providerSecrets.get(provider)?.get(account)?.[index];
    if (secret === undefined) return [];
    return [{ provider, account, fingerprint: fingerprintSecret(secret), deliveries }];
  });
}
