import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { fromGlobalSetup } from '../support/environment.js';
import { spawnService } from '../support/spawn-service.js';

async function postmasterPid(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

/** The address that the service prints for its user. */
function databaseUrl(logs: string): string {
  const url = /postgres:\/\/\S+/.exec(logs)?.[0];
  if (url === undefined) throw new Error(`no database URL in:\n${logs}`);
  return url;
}

/** The rest of the first minutes, a fresh clone included, is in scripts/fresh-clone.sh. */
describe('the service without any configuration', () => {
  it('comes up, survives kill -9 with its data, and takes PostgreSQL along when it stops', async () => {
    const dataDir = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'service-'));
    const env = { DATA_DIR: dataDir };
    const first = await spawnService({ env });
    const postmaster = await postmasterPid(dataDir);
    await query(databaseUrl(first.logs()), 'create table kept as select 42 as answer');
    await first.kill('SIGKILL');
    expect(await first.exited).toBe('SIGKILL');

    const second = await spawnService({ env });
    expect(await postmasterPid(dataDir)).toBe(postmaster);
    const rows = await query(databaseUrl(second.logs()), 'select answer from kept');
    expect(rows).toEqual([{ answer: 42 }]);
    expect(second.logs()).toContain('"migrations":[]'); // the schema was still there

    await second.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    await expect(postmasterPid(dataDir)).rejects.toThrow('ENOENT');
  });

  it('tells a second service on one DATA_DIR why it cannot start', async () => {
    const dataDir = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'service-'));
    const env = { DATA_DIR: dataDir };
    const first = await spawnService({ env });
    await expect(spawnService({ env })).rejects.toThrow(
      `Another service already uses ${dataDir} (tollgate process ${first.pid})`,
    );
    await first.kill('SIGTERM');
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
