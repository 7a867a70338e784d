import type { Fault } from '../fault.js';
import type { TcpProxy } from '../proxy.js';
import type { Scene } from '../scene.js';

const STORM_PAUSE_SECONDS = 0.2;
const SLOW_BYTES_PER_SECOND = 64 * 1024;
const SLOW_SECONDS = 3;
const APPLIED_MS_MAX = 40_000;

/** Connections to both stores that break, are forgotten or slow. */
export const CONNECTION_FAULTS: readonly Fault[] = [
  {
    id: 'F24',
    title: 'connections reset, forgotten half-way, slow',
    expected: 'everybody connects anew by himself, and goes on',
    inject: async (scene) => {
      const ways = Object.values(scene.world.ways);
      const isOnRedis = scene.world.queues === 'redis';
      if (isOnRedis) {
        const redis = ways.map((way) => way.redis);
        await breakWays(scene, 'Redis', redis);
      }
      const postgres = ways.map((way) => way.postgres);
      await breakWays(scene, 'PostgreSQL', postgres);
    },
  },
];

async function breakWays(scene: Scene, store: string, ways: readonly TcpProxy[]): Promise<void> {
  const resets = scene.rounds(10);
  for (let round = 0; round < resets; round += 1) {
    for (const way of ways) way.reset();
    await scene.seconds(STORM_PAUSE_SECONDS);
  }
  scene.injected(`${store}: ${resets} × all connections reset`);
  await expectProgress(scene, `${store} reset`);

  const forgotten = ways.reduce((sum, way) => sum + way.connections, 0);
  for (const way of ways) way.forget();
  scene.injected(`${forgotten} connections forgotten`);
  scene.expect(forgotten > 0, `nobody was connected to ${store}`);
  // Nobody heals them: both ends still believe in them.
  await expectProgress(scene, `${store} forgotten`);

  for (const way of ways) way.set({ bytesPerSecond: SLOW_BYTES_PER_SECOND });
  scene.injected(`${SLOW_BYTES_PER_SECOND / 1024} kB/s for ${SLOW_SECONDS} s`);
  await scene.seconds(SLOW_SECONDS);
  for (const way of ways) way.heal();
  scene.healed();
  await expectProgress(scene, `${store} slow`);
}

/** What comes from now on is acknowledged, rung for and applied. */
async function expectProgress(scene: Scene, after: string): Promise<void> {
  const startedAtMs = performance.now();
  const since = (): string => ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const [{ at } = { at: '' }] = await scene.query<{ at: string }>('select now()::text as at');
  const life = scene.nextLife();
  scene.client.tell(life);
  await scene.acknowledged(10);
  const acknowledged = since();
  const ids = life.events.map(({ eventId }) => eventId);
  const done = `
    select count(*) from inbox
     where event_id = any ($1) and status <> 'received' and finished_at > $2::timestamptz`;
  await scene.until(
    `${after}: what came afterwards is applied`,
    async () => (await scene.count(done, [ids, at])) === ids.length,
    APPLIED_MS_MAX,
  );
  scene.note(`${after}: acknowledged after ${acknowledged} s, applied after ${since()} s`);
}
