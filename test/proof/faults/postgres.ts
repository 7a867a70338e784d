import type pg from 'pg';
import { crowd } from '../crowd.js';
import type { Fault } from '../fault.js';
import { expectOnlyLater } from '../only-later.js';
import type { Scene } from '../scene.js';
import { CONNECTIONS } from '../world.js';

/** What our processes call their connections. */
const OURS = `datname = current_database() and application_name like 'tollgate-%'`;

/** A PostgreSQL that goes away, hangs, is full or does not write. */
export const POSTGRES_FAULTS: readonly Fault[] = [
  {
    id: 'F14',
    title: 'all connections terminated every 500 ms',
    expected: 'some answers are 503, none is a false 200; it goes on by itself',
    inject: async (scene) => {
      const rounds = scene.rounds(8);
      let ended = 0;
      for (let round = 0; round < rounds; round += 1) {
        ended += await scene.count(
          `select count(pg_terminate_backend(pid)) from pg_stat_activity where ${OURS}`,
        );
        await scene.seconds(0.5);
      }
      scene.healed();
      scene.injected(`${rounds} × all connections, ${ended} together`);
      scene.expect(ended > rounds, `only ${ended} connections were there to be ended`);
      await scene.acknowledged(20);
    },
  },
  {
    id: 'F15',
    title: 'PostgreSQL killed, and started on the same data',
    expected: '503 while it is away; what was acknowledged is there after the recovery',
    inject: async (scene) => {
      const { postgres } = scene.world;
      const rounds = scene.rounds(3);
      for (let round = 0; round < rounds; round += 1) {
        await postgres.kill();
        await connectionsEnd(scene);
        await expectOnlyLater(scene, 0.7);
        await postgres.start();
        scene.healed();
        await scene.acknowledged(20);
      }
      await killBackend(scene);
      scene.injected(`${rounds} × SIGKILL to the postmaster, once to a backend`);
      await scene.acknowledged(20);
    },
  },
  {
    id: 'F16',
    title: 'PostgreSQL stopped in mid-air (SIGSTOP)',
    expected: '503 with Retry-After within the deadline, no 200, no growing heap of requests',
    inject: async (scene) => {
      const { postgres, apis } = scene.world;
      const before = apis.map((api) => api.measure()?.residentBytes ?? 0);
      postgres.pause();
      scene.injected('SIGSTOP for 8 s, SIGCONT');
      await expectOnlyLater(scene, 8);
      const grown = apis.map((api, at) => (api.measure()?.residentBytes ?? 0) - before[at]!);
      postgres.resume();
      scene.healed();
      scene.note(`an api grew by ${Math.round(Math.max(...grown) / 2 ** 20)} MB`);
      await scene.acknowledged(20);
    },
  },
  {
    id: 'F17',
    title: 'every connection of PostgreSQL taken by somebody else',
    expected: '503 until there are some again',
    inject: async (scene) => {
      await asSuperuser(scene, async (client) => {
        const idle = crowd(scene.world.postgres.url, CONNECTIONS);
        try {
          await scene.until('our processes have none', async () => {
            await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
                                 where ${OURS}`);
            await scene.seconds(0.1); // for those who wait for a place
            const { rows } = await client.query<{ isFull: boolean }>(`
              select count(*) = current_setting('max_connections')::int
                     and bool_and(coalesce(application_name, '') not like 'tollgate-%') as "isFull"
                from pg_stat_activity where backend_type = 'client backend'`);
            return rows[0]?.isFull === true;
          });
          scene.injected(`${idle.size} idle connections of somebody else`);
          await expectOnlyLater(scene, 3);
        } finally {
          await idle.leave();
        }
      });
      scene.healed();
      await scene.acknowledged(20);
    },
  },
  {
    id: 'F19',
    title: 'PostgreSQL read-only',
    expected: '503 and nothing else, until it writes again',
    inject: async (scene) => {
      const set = async (sql: string): Promise<void> => {
        await scene.query(sql);
        await scene.query('select pg_reload_conf()');
      };
      try {
        await set('alter system set default_transaction_read_only = on');
        scene.injected('default_transaction_read_only');
        await scene.until('nothing is acknowledged', async () => {
          const fromMs = performance.now();
          await scene.seconds(0.3);
          return scene.client.acknowledgedBetween(fromMs, performance.now()) === 0;
        });
        await expectOnlyLater(scene, 3);
      } finally {
        await set('alter system reset default_transaction_read_only');
      }
      scene.healed();
      await scene.acknowledged(20);
    },
  },
];

/** A backend that was in the middle of something outlives its postmaster for a moment. */
async function connectionsEnd(scene: Scene): Promise<void> {
  const ways = Object.values(scene.world.ways);
  await scene.until('every connection has ended', () =>
    ways.every(({ postgres }) => postgres.connections === 0),
  );
}

/** PostgreSQL takes the end of one backend for a defect of all, and starts anew. */
async function killBackend(scene: Scene): Promise<void> {
  const [backend] = await scene.query<{ pid: number }>(
    `select pid from pg_stat_activity where ${OURS} order by state, pid limit 1`,
  );
  if (backend === undefined) throw new Error('none of our processes is connected');
  process.kill(backend.pid, 'SIGKILL');
  scene.healed();
}

/** With a connection that is there already, when nobody gets one any more. */
async function asSuperuser(
  { world }: Scene,
  work: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const client = await world.observer.connect();
  try {
    await work(client);
  } finally {
    client.release();
  }
}
