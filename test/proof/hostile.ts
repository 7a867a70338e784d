import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { removeRun, runFolderPrefix } from '../support/abandoned-runs.mjs';
import { HOSTILE_ENVIRONMENT, runHostile, type HostileReport } from '../support/hostile-run.js';
import { isolatedPostgres } from '../support/isolated-postgres.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService } from '../support/spawn-service.js';

/** Resident memory may grow by this much over thousands of requests; what leaks comes to more. */
const RESIDENT_GROWTH_MAX = 64 * 1024 * 1024;

/** Sends mutated requests to a service of its own, whose queues are in PostgreSQL. */
export async function proveHostile(options: {
  readonly cases: number;
  readonly seed: number;
  readonly build?: string;
}): Promise<HostileReport> {
  const { cases, seed, build } = options;
  const folder = await mkdtemp(join(tmpdir(), runFolderPrefix(process.pid)));
  await chmod(folder, 0o755); // for the user that PostgreSQL runs as when we are root
  const postgres = await isolatedPostgres({ parent: folder });
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  const service = await spawnService({
    env: serviceEnvironment({ databaseUrl: postgres.url }, HOSTILE_ENVIRONMENT),
    ...(build === undefined ? {} : { build }),
  });
  const database = {
    query: async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
      (await pool.query<Row>(sql, values)).rows,
  };
  try {
    return await runHostile({ cases, seed, service, database });
  } finally {
    await service.kill('SIGTERM');
    await pool.end();
    await postgres.remove();
    await removeRun(folder);
  }
}

/** What should not have come of it, a line each. */
export function problemsOf({ findings, residentBytes }: HostileReport): string[] {
  const growth = residentBytes.end - residentBytes.warm;
  if (growth < RESIDENT_GROWTH_MAX) return [...findings];
  return [...findings, `resident memory grew by ${megabytes(growth)} MB`];
}

/** What was sent, what was answered, and what it took. */
export function describeHostile(report: HostileReport): string {
  const { cases, seconds, statuses, residentBytes } = report;
  const answers = Object.entries(statuses).map(([status, count]) => `${status} ${count}×`);
  const memory = [residentBytes.warm, residentBytes.peak, residentBytes.end].map(megabytes);
  return (
    `${cases} mutated requests in ${seconds} s: ${answers.join(', ')}; resident memory ` +
    `${memory[0]} MB when warm, ${memory[1]} MB at most, ${memory[2]} MB in the end`
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
