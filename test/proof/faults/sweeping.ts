import type { Fault } from '../fault.js';
import type { Member } from '../member.js';
import type { Scene } from '../scene.js';

/** Longer than all that is looked at takes: a second ring for an event would be one too many. */
const LONG_GRACE_SECONDS = 30;
const LOAD_SECONDS = 4;
const SLOW_MS = 150;
const FINISHED_MS_MAX = 60_000;
const AMPLIFICATION_MAX = 1.1;

/** Sweepers among themselves, and on the heels of the ring that is already under way. */
export const SWEEPING_FAULTS: readonly Fault[] = [
  {
    id: 'F37',
    title: 'three sweepers at once, one killed in the middle of its rings',
    expected:
      'each event is rung for once; what the dead one had claimed is rung for after the grace',
    queues: 'redis', // so that the way of the rings can be closed to the APIs alone
    inject: async (scene) => {
      const { workers } = scene.world;
      const guest = await scene.world.guest('worker-3', 'worker', {
        RING_GRACE_SECONDS: String(LONG_GRACE_SECONDS),
      });
      const environment = { RING_GRACE_SECONDS: String(LONG_GRACE_SECONDS) };
      await Promise.all(workers.map((worker) => worker.kill()));
      await Promise.all([...workers.map((worker) => worker.start({ environment })), guest.start()]);
      await expectOneRingEach(scene, [...workers, guest]);
      await killMidBatch(scene, guest);
    },
  },
  {
    id: 'F38',
    title: 'rings that are heard late, and sweepers that look meanwhile',
    expected: 'no sweeper rings before the grace is over',
    inject: async (scene) => {
      const { apis, workers, ways } = scene.world;
      const environment = { RING_GRACE_SECONDS: String(LONG_GRACE_SECONDS) };
      await Promise.all(apis.map((api) => api.kill()));
      await Promise.all(apis.map((api) => api.start({ environment })));
      await allFinished(scene);
      const before = await rungBy(scene, workers);
      const at = await databaseTime(scene);
      scene.client.start();
      ways.worker.redis.set({ latencyMs: SLOW_MS });
      ways.worker.postgres.set({ latencyMs: SLOW_MS });
      scene.injected(`workers ${2 * SLOW_MS} ms away from all, for ${LOAD_SECONDS} s`);
      await scene.seconds(LOAD_SECONDS);
      for (const way of [ways.worker.redis, ways.worker.postgres]) way.heal();
      scene.healed();
      await allFinished(scene);
      const rung = (await rungBy(scene, workers)) - before;
      const [{ events, retried, slowest } = { events: 0, retried: 0, slowest: 0 }] =
        await scene.query<{ events: number; retried: number; slowest: number }>(
          `select count(*)::int as events,
                  coalesce(sum(attempts), 0)::int as retried,
                  coalesce(max(extract(epoch from finished_at - received_at)), 0)::float8 as slowest
             from inbox where received_at > $1::timestamptz`,
          [at],
        );
      scene.note(`${events} events, the slowest applied after ${slowest.toFixed(1)} s`);
      scene.note(`sweepers rang for ${rung}; ${retried} attempts had failed`);
      scene.expect(events > 0, 'there was nothing to be rung for');
      scene.expect(rung <= retried, `${rung} events were rung for before their grace was over`);
      scene.client.start();
    },
  },
];

/** With APIs that cannot ring, every event is rung for by a sweeper, and by one alone. */
async function expectOneRingEach(scene: Scene, sweepers: readonly Member[]): Promise<void> {
  const { redis } = scene.world.ways.api;
  redis.set({ isRefusing: true });
  redis.reset();
  await allFinished(scene);
  const before = await rungBy(scene, sweepers);
  const at = await databaseTime(scene);
  scene.client.start();
  await scene.seconds(LOAD_SECONDS);
  await allFinished(scene);
  const rung = (await rungBy(scene, sweepers)) - before;
  const events = await scene.count(
    `select count(*) from inbox where received_at > $1::timestamptz`,
    [at],
  );
  const ratio = rung / events;
  scene.injected(`${sweepers.length} sweepers for ${events} events`);
  scene.note(`they rang for ${rung}: ${ratio.toFixed(2)} rings for an event`);
  scene.expect(rung >= events, 'somebody else rang too');
  scene.expect(ratio <= AMPLIFICATION_MAX, `${ratio.toFixed(2)} rings for an event`);
  scene.client.start();
}

/** One dies when the first of its rings is heard; the others keep their own, and get the rest. */
async function killMidBatch(scene: Scene, sweeper: Member): Promise<void> {
  await sweeper.kill();
  const environment = {
    FAILPOINTS: 'sweep.rung',
    RING_EVENTS_MAX: '1',
    RING_GRACE_SECONDS: '2',
  };
  // Not awaited: it may have died before anybody could ask whether it is ready.
  await sweeper.start({ environment, isAwaited: false });
  await scene.until('it dies', () => !sweeper.isRunning, FINISHED_MS_MAX);
  scene.injected('one dies after its first ring');
  scene.world.ways.api.redis.heal();
  scene.healed();
}

/** Makes nothing new until all that was sent has an outcome. */
async function allFinished(scene: Scene): Promise<void> {
  await scene.client.stop();
  await scene.client.delivered(FINISHED_MS_MAX);
  await scene.until(
    'every event has an outcome',
    async () => (await scene.count(`select count(*) from inbox where status = 'received'`)) === 0,
    FINISHED_MS_MAX,
  );
}

/** Events that these have rung for since they began. */
async function rungBy(scene: Scene, members: readonly Member[]): Promise<number> {
  const counts = await Promise.all(
    members.map(({ url }) => scene.metric(url, 'tollgate_rung_events_total{result="rung"}')),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function databaseTime(scene: Scene): Promise<string> {
  const [row] = await scene.query<{ at: string }>('select clock_timestamp()::text as at');
  return row?.at ?? '';
}
