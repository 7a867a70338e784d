import { redisIsThere, testRedisUrl } from './test-redis.js';

/** Where BullMQ keeps its queues in a run of a suite. */
export interface TestBackend {
  readonly name: 'postgres' | 'redis';
  /** Value for REDIS_URL: a Redis database of its own, or undefined for PostgreSQL. */
  redisUrl(): Promise<string | undefined>;
}

const POSTGRES: TestBackend = { name: 'postgres', redisUrl: () => Promise.resolve(undefined) };
const REDIS: TestBackend = { name: 'redis', redisUrl: testRedisUrl };

/**
 * Runs one suite for both queue backends. Without a Redis its half is shown as skipped, with the
 * reason in its name; on CI the run has failed before it comes to that.
 */
export function describeBackends(suite: (backend: TestBackend) => void): void {
  describe('with the queues in PostgreSQL', () => suite(POSTGRES));
  if (redisIsThere) {
    describe('with the queues in Redis', () => suite(REDIS));
  } else {
    describe.skip('with the queues in Redis (NOT TESTED: no Redis was found)', () => suite(REDIS));
  }
}
