import { expectAllAcknowledged } from '../all-acknowledged.js';
import type { Fault } from '../fault.js';
import { countRings, inRedis, redisFigure, withRedisMemory } from '../in-redis.js';
import type { Member } from '../member.js';
import type { Scene } from '../scene.js';

const AWAY_SECONDS = 6;
/** After a ring that failed an API is silent for a second; it may be slow to come to it. */
const FAILED_MARGIN = 3;
const GROWN_BYTES_MAX = 150 * 1024 * 1024;
const APPLIED_MS_MAX = 60_000;
/** Less than an empty Redis takes: it can take nothing more. */
const FULL_BYTES = 1024;
/** What is thrown away at once: a few hundred rings. */
const EVICTED_BYTES = 128 * 1024;

/** A Redis that forgets, hangs, is full or is not there: only rings and messages under way are. */
export const REDIS_FAULTS: readonly Fault[] = [
  {
    id: 'F8',
    title: 'Redis emptied with a backlog in it',
    expected: 'the sweeper rings for all of it, and every message is sent again',
    queues: 'redis',
    inject: async (scene) => {
      await loseRings(scene, scene.rounds(300));
      await loseMessages(scene, scene.rounds(30));
    },
  },
  {
    id: 'F9',
    title: 'Redis killed, and started again empty',
    expected: 'everything is acknowledged while it is away, and applied once it is back',
    queues: 'redis',
    inject: async (scene) => {
      const { redis } = scene.world;
      await expectOutage(
        scene,
        `SIGKILL, started again empty after ${AWAY_SECONDS} s`,
        () => redis.kill(),
        () => redis.start(),
      );
    },
  },
  {
    id: 'F10',
    title: 'Redis stopped in mid-air (SIGSTOP)',
    expected: 'as when it is killed; no growing heap of rings that wait for an answer',
    queues: 'redis',
    inject: async (scene) => {
      const { redis, apis } = scene.world;
      const startedAtMs = performance.now();
      const before = await Promise.all(apis.map((api) => failedRings(scene, api)));
      const bytes = apis.map((api) => api.measure()?.residentBytes ?? 0);
      await expectOutage(
        scene,
        `SIGSTOP for ${AWAY_SECONDS} s, SIGCONT`,
        () => redis.pause(),
        () => redis.resume(),
      );
      const triesMax = (performance.now() - startedAtMs) / 1000 + FAILED_MARGIN;
      for (const [at, api] of apis.entries()) {
        const tries = (await failedRings(scene, api)) - before[at]!;
        const grownBytes = (api.measure()?.residentBytes ?? 0) - bytes[at]!;
        const grown = `${api.name} grew by ${Math.round(grownBytes / 2 ** 20)} MB`;
        scene.expect(tries <= triesMax, `I10 ${api.name} tried to ring ${tries} times`);
        scene.expect(grownBytes < GROWN_BYTES_MAX, `I10 ${grown}`);
        scene.note(`${grown} and tried to ring ${tries} times`);
      }
    },
  },
  {
    id: 'F11',
    title: 'Redis full, refusing what is added',
    expected: 'everything is acknowledged; a metric and the log tell of it',
    queues: 'redis',
    inject: async (scene) => {
      const { apis } = scene.world;
      const told = apis.map((api) => linesAboutRings(api));
      const before = await Promise.all(apis.map((api) => failedRings(scene, api)));
      await withRedisMemory(scene, { bytes: FULL_BYTES, policy: 'noeviction' }, async () => {
        scene.injected(`full for ${AWAY_SECONDS} s`);
        await expectAllAcknowledged(scene, AWAY_SECONDS);
      });
      scene.healed();
      for (const [at, api] of apis.entries()) {
        const failed = (await failedRings(scene, api)) - before[at]!;
        scene.expect(failed > 0, `${api.name} does not count rings that failed`);
        scene.expect(linesAboutRings(api) > told[at]!, `${api.name} does not log them`);
      }
      await ringAgain(scene);
    },
  },
  {
    id: 'F12',
    title: 'Redis throwing keys away to make room',
    expected: 'the log says so; whatever was thrown away is rung for and sent again',
    queues: 'redis',
    inject: async (scene) => {
      const { apis, workers } = scene.world;
      for (const worker of workers) worker.pause(); // so that there is something to throw away
      await withRedisMemory(scene, { bytes: 0, policy: 'allkeys-lru' }, async (redis) => {
        await scene.acknowledged(100);
        for (const api of apis) await expectSaid(scene, api, 'maxmemory-policy allkeys-lru');
        const evicted = await redisFigure(redis, 'evicted_keys');
        for (let round = scene.rounds(8); round > 0; round -= 1) {
          const bytes = await redisFigure(redis, 'used_memory');
          await redis.config('SET', 'maxmemory', bytes - EVICTED_BYTES);
          await scene.seconds(0.1);
          await redis.config('SET', 'maxmemory', 0);
          await scene.seconds(0.2);
        }
        const thrown = (await redisFigure(redis, 'evicted_keys')) - evicted;
        scene.injected(`${thrown} keys thrown away`);
        scene.expect(thrown > 0, 'no key was thrown away');
        for (const worker of workers) worker.resume();
        await scene.acknowledged(20);
      });
      scene.healed();
      await ringAgain(scene);
    },
  },
  {
    id: 'F13',
    title: 'Redis not there when the services start',
    expected: 'they start and acknowledge; once it is there they ring, and hear rings',
    queues: 'redis',
    inject: async (scene) => {
      const { redis, apis, workers } = scene.world;
      const members = [apis[0]!, workers[0]!];
      await redis.kill();
      await Promise.all(members.map((member) => member.kill()));
      await Promise.all(members.map((member) => member.start()));
      scene.injected('an api and a worker started without it');
      await expectAllAcknowledged(scene, 2);
      await redis.start();
      scene.healed();
      await ringAgain(scene);
      await scene.until('the worker hears rings', async () => {
        return (await scene.metric(workers[0]!.url, 'tollgate_ring_seconds_count')) > 0;
      });
    },
  },
];

/** Takes the queue away: rings are lost, and nobody who delivers or commands sees anything of it. */
async function expectOutage(
  scene: Scene,
  what: string,
  begin: () => void | Promise<void>,
  end: () => void | Promise<void>,
): Promise<void> {
  const before = await unheardEvents(scene);
  await begin();
  scene.injected(what);
  await expectAllAcknowledged(scene, AWAY_SECONDS);
  const unheard = (await unheardEvents(scene)) - before;
  scene.expect(unheard > 0, 'nothing was rung for in vain: it was not away');
  await end();
  scene.healed();
  await ringAgain(scene);
}

/** Empties Redis while no worker runs, and waits until all that was recorded before is applied. */
async function loseRings(scene: Scene, events: number): Promise<void> {
  const { workers } = scene.world;
  await Promise.all(workers.map((worker) => worker.kill()));
  await scene.acknowledged(events, APPLIED_MS_MAX);
  const [{ at, count } = { at: '', count: 0 }] = await scene.query<{ at: string; count: number }>(
    `select now()::text as at, count(*)::int as count from inbox where status = 'received'`,
  );
  const rings = await inRedis(scene, async (redis) => {
    const counted = await countRings(redis);
    await redis.flushall();
    return counted;
  });
  scene.injected(`FLUSHALL with ${rings} rings for ${count} events`);
  scene.expect(rings > 0, 'no ring was there to be lost');
  await Promise.all(workers.map((worker) => worker.start()));
  scene.healed();
  const startedAtMs = performance.now();
  const left = `select count(*) from inbox where status = 'received' and received_at <= $1`;
  await scene.until(
    'all that was lost is applied',
    async () => (await scene.count(left, [at])) === 0,
    APPLIED_MS_MAX,
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  scene.note(`${count} events applied ${seconds.toFixed(1)} s after the workers were ready`);
}

/** Empties Redis while nobody takes messages out of it. */
async function loseMessages(scene: Scene, messages: number): Promise<void> {
  await scene.world.killEffects();
  const lost = await inRedis(scene, async (redis) => {
    const queue = 'tollgate_queues:consumer-proof:wait';
    await scene.until(
      `${messages} messages in the queue`,
      async () => (await redis.llen(queue)) >= messages,
      APPLIED_MS_MAX,
    );
    const counted = await redis.llen(queue);
    await redis.flushall();
    return counted;
  });
  scene.injected(`FLUSHALL with ${lost} messages`);
  await scene.world.startEffects();
  scene.healed();
}

/** Waits until each API has had a ring taken that is newer than now. */
async function ringAgain(scene: Scene): Promise<void> {
  const startedAtMs = performance.now();
  await Promise.all(
    scene.world.apis.map(async ({ name, url }) => {
      const before = await scene.metric(url, RUNG);
      await scene.until(`${name} rings`, async () => (await scene.metric(url, RUNG)) > before);
    }),
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  scene.note(`every api rang again after ${seconds.toFixed(1)} s`);
}

const RUNG = 'tollgate_rings_total{result="rung"}';

/** New events of the APIs for which the queue took no ring. */
async function unheardEvents(scene: Scene): Promise<number> {
  let events = 0;
  for (const { url } of scene.world.apis) {
    for (const result of ['failed', 'skipped']) {
      events += await scene.metric(url, `tollgate_rung_events_total{result="${result}"}`);
    }
  }
  return events;
}

function failedRings(scene: Scene, { url }: Member): Promise<number> {
  return scene.metric(url, 'tollgate_rings_total{result="failed"}');
}

function linesAboutRings(api: Member): number {
  return api.logs().split('the queue did not take a ring').length - 1;
}

/** Asks a process whether it is ready, as those do who send it traffic, until it says this. */
async function expectSaid(scene: Scene, api: Member, text: string): Promise<void> {
  const before = api.logs().length;
  await scene.until(`${api.name} says ${text}`, async () => {
    await fetch(`${api.url}/health/ready`);
    return api.logs().includes(text, before);
  });
}
