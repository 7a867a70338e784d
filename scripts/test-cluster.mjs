import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPgBouncer } from '../test/support/pgbouncer-process.mjs';
import { findRedisServer, installRedisServer } from '../test/support/redis-process.mjs';
import { startRedisCluster, startRedisSentinel, stopAll } from '../test/support/several-redis.mjs';

/**
 * `npm run test:cluster [part…]`: the tests on what stands behind the service where it has outgrown
 * one machine. Everything is started on loopback and in a folder that goes away afterwards.
 *
 * Tests of what is not there are left out by name: those that kill or pause a Redis of their own
 * are the same on every Redis, migrations and the embedded PostgreSQL never see a pooler, and plans
 * are told of to a session.
 */
const ON_REDIS = [
  'integration/(consumers|inbox-sweeper|message-deaths|queue-backend|relay|support)',
  'e2e/(main-job|duplicates|operators|forged-queue)',
];
const ON_PGBOUNCER = [
  'integration/(?!migrations|embedded-postgres|index-use|[a-z]+-plans|model-fidelity|ledger-migration)',
  'e2e/(main-job|duplicates|operators|checkout|cancel-order|reviews|told)',
];
const PARTS = { cluster: onCluster, sentinel: onSentinel, pgbouncer: onPgBouncer, failover };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((part) => !(part in PARTS));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; known are ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const redisServer = findRedisServer() ?? installRedisServer();
const pgBouncer = findPgBouncer();
if (redisServer === null || pgBouncer === null) {
  console.error('test:cluster needs redis-server, redis-cli and pgbouncer: install them first');
  process.exit(2);
}

const results = [];
for (const part of wanted.length > 0 ? wanted : Object.keys(PARTS)) {
  const startedAtMs = Date.now();
  const isPassed = await PARTS[part]();
  results.push({ part, isPassed, seconds: Math.round((Date.now() - startedAtMs) / 1000) });
}
for (const { part, isPassed, seconds } of results) {
  console.log(`${isPassed ? 'passed' : 'FAILED'}: ${part} (${seconds} s)`);
}
const failed = results.filter(({ isPassed }) => !isPassed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function onCluster() {
  return withRedis(startRedisCluster, (url) => jest(ON_REDIS, { REDIS_URL: url }));
}

function onSentinel() {
  return withRedis(startRedisSentinel, (url) => jest(ON_REDIS, { REDIS_URL: url }));
}

function onPgBouncer() {
  return jest(ON_PGBOUNCER, { TEST_PGBOUNCER: pgBouncer });
}

/** Masters are killed under load there, so it starts its own. */
function failover() {
  return jest([], { TEST_PGBOUNCER: pgBouncer }, ['--config', 'jest.cluster.config.js']);
}

async function withRedis(start, work) {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-several-redis-'));
  const several = await start({ program: redisServer, folder });
  try {
    return work(several.url);
  } finally {
    await stopAll(several);
    await rm(folder, { recursive: true, force: true });
  }
}

/** One test file at a time: a cluster has no databases that would keep them apart. */
function jest(patterns, environment, more = ['--selectProjects', 'integration', 'e2e']) {
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    ...more,
    ...(patterns.length > 0 ? ['--testPathPatterns', ...patterns] : []),
  ];
  const env = { ...process.env, ...environment };
  return (
    spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
  );
}
