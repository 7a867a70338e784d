import { spawnSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded-postgres.js';
import { copyCheckout, startOwner } from '../support/embedded-owner.js';
import { fromGlobalSetup } from '../support/environment.js';
import { eventually } from '../support/eventually.js';

/** A number that no process has on any usual machine. */
const NOBODYS_PID = 4_194_303;
const NOBODY = { uid: 65_534, gid: 65_534 };

const isRoot = process.getuid?.() === 0;
/** Node itself may be installed where only root can get at it. */
const canBecomeNobody =
  isRoot && spawnSync(process.execPath, ['--version'], { ...NOBODY, cwd: '/' }).status === 0;

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'embedded-'));
  await chmod(folder, 0o755);
  return folder;
};

const start = (dataDir: string): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir, log: () => undefined });

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(dataDir: string): Promise<number> {
  const file = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}

describe('startEmbeddedPostgres', () => {
  it('starts a durable PostgreSQL that only this machine can reach', async () => {
    const dataDir = await newFolder();
    const postgres = await start(dataDir);
    const settings = ['fsync', 'full_page_writes', 'synchronous_commit', 'server_encoding'];
    const [row] = await query(
      postgres.url,
      `select current_database() as database, current_setting('listen_addresses') as addresses,
              current_setting('unix_socket_directories') as sockets,
              array[${settings.map((name) => `current_setting('${name}')`).join(', ')}] as settings`,
    );
    expect(row).toEqual({
      database: 'tollgate',
      addresses: '127.0.0.1',
      sockets: '',
      settings: ['on', 'on', 'on', 'UTF8'],
    });
    await postgres.stop();
    await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('keeps its password to itself and accepts no other', async () => {
    const dataDir = await newFolder();
    const postgres = await start(dataDir);
    const { mode } = await stat(join(dataDir, 'postgres.password'));
    expect(mode & 0o777).toBe(0o600);
    const wrong = new URL(postgres.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    await postgres.stop();
  });

  it('keeps data and port across a restart', async () => {
    const dataDir = await newFolder();
    const first = await start(dataDir);
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start(dataDir);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  });

  it('may be stopped twice', async () => {
    const postgres = await start(await newFolder());
    await postgres.stop();
    await postgres.stop();
  });
});

describe('after kill -9', () => {
  it('adopts the server that its dead owner left running', async () => {
    const dataDir = await newFolder();
    const owner = await startOwner({ dataDir });
    await query(owner.url, 'create table kept as select 42 as answer');
    const pid = await postmasterPid(dataDir);
    await owner.kill();

    const postgres = await start(dataDir);
    expect(await postmasterPid(dataDir)).toBe(pid);
    expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await postgres.stop();
  });

  it('starts again when the server was killed too', async () => {
    const dataDir = await newFolder();
    const owner = await startOwner({ dataDir });
    await query(owner.url, 'create table kept as select 42 as answer');
    await owner.kill();
    process.kill(await postmasterPid(dataDir), 'SIGKILL');

    const postgres = await start(dataDir);
    expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await postgres.stop();
  });

  it('gets a server back that died under it, on the same port', async () => {
    const dataDir = await newFolder();
    const postgres = await start(dataDir);
    process.kill(await postmasterPid(dataDir), 'SIGKILL');
    const [row] = await eventually(() => query(postgres.url, 'select 1 as one'));
    expect(row).toEqual({ one: 1 });
    await postgres.stop();
    await expect(query(postgres.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    ['nobody', NOBODYS_PID],
    ['a program that is no PostgreSQL', process.pid],
  ])('does not believe a pid file that names %s', async (_who, pid) => {
    const dataDir = await newFolder();
    await (await start(dataDir)).stop();
    const file = join(dataDir, 'postgres', 'postmaster.pid');
    await writeFile(file, `${pid}\n${dataDir}/postgres\n1700000000\n5432\n\n127.0.0.1\n\n`);
    const postgres = await start(dataDir);
    expect(await postmasterPid(dataDir)).not.toBe(pid);
    await postgres.stop();
  });

  it('removes a cluster that was never finished', async () => {
    const dataDir = await newFolder();
    const unfinished = join(dataDir, `postgres.new-${NOBODYS_PID}`);
    await mkdir(join(unfinished, 'cluster'), { recursive: true });
    const postgres = await start(dataDir);
    await expect(stat(unfinished)).rejects.toThrow('ENOENT');
    await postgres.stop();
  });
});

describe('with somebody else around', () => {
  it('refuses a second service on one DATA_DIR and leaves the first alone', async () => {
    const dataDir = await newFolder();
    const postgres = await start(dataDir);
    await expect(startOwner({ dataDir })).rejects.toThrow(
      `Another service already uses ${dataDir} (tollgate process ${process.pid})`,
    );
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await postgres.stop();
  });

  it('lets one of two services have a fresh DATA_DIR that both start on at once', async () => {
    const dataDir = await newFolder();
    const both = [startOwner({ dataDir }), startOwner({ dataDir })];
    const results = await Promise.allSettled(both);
    const owners = results.flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    expect(owners).toHaveLength(1);
    expect(await query(owners[0]!.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await owners[0]!.stop();
  });

  it('takes another port when somebody has taken its own', async () => {
    const dataDir = await newFolder();
    const first = await start(dataDir);
    await first.stop();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(first.port, '127.0.0.1', resolve));

    const second = await start(dataDir);
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
    await new Promise((resolve) => squatter.close(resolve));
  });
});

(isRoot ? describe : describe.skip)('as root (skipped for other users)', () => {
  it('runs PostgreSQL as somebody else, out of a folder that only root may enter', async () => {
    const checkout = await newFolder();
    await copyCheckout(checkout);
    await chmod(checkout, 0o700);
    const dataDir = join(checkout, '.data');

    const owner = await startOwner({ dataDir, checkout });
    expect(await query(owner.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0);
    await owner.stop();
  });
});

(canBecomeNobody ? describe : describe.skip)(
  'as an ordinary user (needs root to become one)',
  () => {
    it('starts, and root can go on with the same data', async () => {
      const checkout = await newFolder();
      await copyCheckout(checkout);
      const dataDir = join(checkout, '.data');
      await mkdir(dataDir);
      await chown(dataDir, NOBODY.uid, NOBODY.gid);

      const owner = await startOwner({ dataDir, checkout, account: NOBODY });
      await query(owner.url, 'create table kept as select 42 as answer');
      expect((await stat(join(dataDir, 'postgres'))).uid).toBe(NOBODY.uid);
      await owner.stop();

      const postgres = await start(dataDir);
      expect(await query(postgres.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      await postgres.stop();
      const again = await startOwner({ dataDir, checkout, account: NOBODY });
      await again.stop();
    });

    it('says whose data it is when root was there first', async () => {
      const checkout = await newFolder();
      await copyCheckout(checkout);
      const dataDir = join(checkout, '.data');
      await (await start(dataDir)).stop();
      await expect(startOwner({ dataDir, checkout, account: NOBODY })).rejects.toThrow(
        /belongs to the user with id \d+, and this process runs as 65534/,
      );
    });
  },
);
