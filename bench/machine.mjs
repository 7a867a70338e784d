import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { baselineVersion } from './baselines.mjs';
import { findPostgresProgram } from './postgres-programs.mjs';

const BYTES_PER_GIB = 1024 ** 3;
const BASELINE_PACKAGES = [
  'fastify',
  'pg',
  '@nestjs/core',
  'express',
  'typeorm',
  'bullmq',
  '@supabase/stripe-sync-engine',
  'stripe',
];
const FSYNC_SECONDS_PER_TEST = 1;

/**
 * What `pg_test_fsync` says of the disk under a folder: 8 kB writes, each made durable with
 * fdatasync, per second. It is how fast one commit after the other can be.
 * @returns a sentence, also when it could not be measured
 */
export function describeDisk(folder) {
  const program = findPostgresProgram('pg_test_fsync');
  if (program === null) return 'not measured: there is no pg_test_fsync on the PATH';
  const file = join(folder, 'pg_test_fsync.out');
  const flags = ['-s', String(FSYNC_SECONDS_PER_TEST), '-f', file];
  const { stdout = '', status } = spawnSync(program, flags, { encoding: 'utf8' });
  rmSync(file, { force: true });
  const [, perSecond, micros] =
    /fdatasync\s+([\d.]+) ops\/sec\s+(\d+) usecs\/op/.exec(stdout ?? '') ?? [];
  if (status !== 0 || perSecond === undefined) return 'not measured: pg_test_fsync failed';
  return `${Math.round(Number(perSecond))} writes of 8 kB with fdatasync per second (${micros} µs each)`;
}

/** The machine and what the service runs on, as a list. */
export function describeMachine({ postgres, redis, disk }) {
  const [{ model }] = cpus();
  const { dependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return [
    `- Machine: ${cpus().length} cores (${model.trim()}), ${(totalmem() / BYTES_PER_GIB).toFixed(0)} GiB, ` +
      `${platform()} ${arch()}; client and servers share it`,
    `- Disk (\`pg_test_fsync\`): ${disk}`,
    `- Node ${process.versions.node}, PostgreSQL ${postgres.version} (embedded, its own default ` +
      'settings: fsync, full_page_writes and synchronous_commit on; pg_stat_statements is loaded and ' +
      'off where it is not said, track_commit_timestamp is on)' +
      (redis === null
        ? ''
        : `, Redis ${redis.version}${redis.pid === null ? '' : ' (no persistence)'}`),
    `- Tollgate: @nestjs/core ${dependencies['@nestjs/core']}, fastify ${dependencies.fastify}, ` +
      `pg ${dependencies.pg}, bullmq ${dependencies.bullmq}`,
  ];
}

/** The packages that the baselines are made of, as a list. */
export function describeBaselines() {
  const packages = BASELINE_PACKAGES.map((name) => `${name} ${baselineVersion(name)}`).join(', ');
  return [`- Baselines: ${packages}`];
}
