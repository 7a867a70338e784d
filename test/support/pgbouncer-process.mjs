import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram, installDebianPackage } from './debian-package.mjs';

const START_MS_MAX = 10_000;
const KNOWS_NAMES_FROM = [1, 21];
/** As root it does not run, and this user is there on every system. */
const USER = 'nobody';

/** Path of PgBouncer: that of PGBOUNCER, one on the PATH, or Debian's package; null: none. */
export function findPgBouncer() {
  if (process.env.PGBOUNCER) return process.env.PGBOUNCER;
  const found = findProgram(['pgbouncer']);
  if (found !== null) return found;
  installDebianPackage('pgbouncer');
  return findProgram(['pgbouncer']);
}

/** True of a version that can be told to know the names of prepared statements. */
export function mayKnowNames(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (/PgBouncer (\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
  const [wantedMajor, wantedMinor] = KNOWS_NAMES_FROM;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/**
 * Starts a PgBouncer on 127.0.0.1 before every database of a server, with `pool_mode=transaction`.
 * It ignores nothing at log-in but what every client of PostgreSQL sends.
 * @returns its process and the address at which the databases of `postgresUrl` are found behind it
 */
export async function startPgBouncer({ program, port, folder, postgresUrl, settings = {} }) {
  const { hostname, port: postgresPort, username, password } = new URL(postgresUrl);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const users = join(folder, 'users.txt');
  const configuration = join(folder, 'pgbouncer.ini');
  const all = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    pool_mode: 'transaction',
    auth_type: 'plain',
    auth_file: users,
    admin_users: username,
    max_client_conn: 2000,
    default_pool_size: 20,
    server_idle_timeout: 5,
    ...(mayKnowNames(program) ? { max_prepared_statements: 200 } : {}),
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  await writeFile(users, `"${username}" "${password}"\n`);
  await writeFile(
    configuration,
    `[databases]\n* = host=${hostname} port=${postgresPort}\n[pgbouncer]\n${lines.join('\n')}\n`,
  );
  const isRoot = process.getuid?.() === 0;
  const child = spawn(program, [...(isRoot ? ['-u', USER] : []), configuration], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said = `${said}${data}`.slice(-4000)));
  child.stderr.unref();
  let failure = null;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= new Error(`PgBouncer ended with ${code}: ${said}`)));
  const deadline = Date.now() + START_MS_MAX;
  while (!(await listens(port))) {
    if (failure !== null) throw failure;
    if (Date.now() > deadline) throw new Error(`PgBouncer does not listen on ${port}: ${said}`);
    await delay(20);
  }
  const url = new URL(postgresUrl);
  url.port = String(port);
  return { child, url: url.href };
}

async function listens(port) {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
