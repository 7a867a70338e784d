import type { Fault } from '../fault.js';
import { isDuplicate, isRecorded, knock } from '../knock.js';
import type { Cut } from '../proxy.js';
import type { Scene } from '../scene.js';

/** As `pg` sends it, by the name of the statement: the one that records events. */
const INSERT = /insert-events?\0/;
const COMMIT = /commit\0/i;
/** What is read of a connection may break off before the event's id; then there is another one. */
const TRIES_MAX = 5;

/** Ways to PostgreSQL that are long, or end in the middle of a word. */
export const NETWORK_FAULTS: readonly Fault[] = [
  {
    id: 'F22',
    title: 'PostgreSQL 200 ± 100 ms away',
    expected: 'acknowledged all the same, one round trip later',
    inject: async (scene) => {
      const { ways } = scene.world;
      const usual = scene.client.latencyMs(0.5);
      const before = await flushes(scene);
      const fromMs = performance.now();
      const refused = scene.client.refused;
      // Of one direction: there and back are 100 ms at least and 300 ms at most.
      for (const { postgres } of Object.values(ways))
        postgres.set({ latencyMs: 50, jitterMs: 100 });
      scene.injected('200 ± 100 ms there and back, for 6 s');
      await scene.seconds(6);
      const after = await flushes(scene);
      const acknowledged = scene.client.acknowledgedBetween(fromMs, performance.now());
      scene.expect(acknowledged > 0, 'nothing was acknowledged');
      scene.note(`${acknowledged} acknowledged, ${scene.client.refused - refused} refused`);
      const p50 = scene.client.latencyMs(0.5, fromMs);
      scene.note(`acknowledged within ${p50.toFixed(0)} ms (p50), ${usual.toFixed(0)} ms before`);
      const count = after.count - before.count;
      const meanMs = (1000 * (after.seconds - before.seconds)) / count;
      scene.note(`a batch took ${meanMs.toFixed(0)} ms on the mean of ${count}`);
    },
  },
  {
    id: 'F23',
    title: 'cut off in the middle: nobody knows whether it was committed',
    expected: 'delivered again it is known, or recorded now; one effect either way',
    inject: async (scene) => {
      const { api, worker } = scene.world.ways;
      const times = scene.rounds(6);
      for (const how of ['lose_answer', 'cut_request'] as const) {
        await cutUnderLoad(scene, 'api', { pattern: INSERT, how, times });
        await cutUnderLoad(scene, 'worker', { pattern: COMMIT, how, times });
      }
      for (const { postgres } of [api, worker]) postgres.heal();
      scene.healed();
      await cutOneDelivery(scene, 'lose_answer');
      await cutOneDelivery(scene, 'cut_request');
      scene.injected(`${times} × answer lost, ${times} × request cut, of each role`);
    },
  },
];

async function cutUnderLoad(scene: Scene, role: 'api' | 'worker', cut: Cut): Promise<void> {
  const { postgres } = scene.world.ways[role];
  postgres.cutWhen(cut);
  await scene.until(`${cut.times} × ${cut.how} of the ${role}s`, () => postgres.cuts >= cut.times);
}

/** Cuts off one delivery, and delivers it again, looking at each answer. */
async function cutOneDelivery(scene: Scene, how: Cut['how']): Promise<void> {
  const { postgres } = scene.world.ways.api;
  const { url } = scene.world.apis[0]!;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const life = scene.nextLife();
    const event = life.events[0]!;
    postgres.cutWhen({ pattern: new RegExp(event.eventId), how, times: 1 });
    const first = await knock(url, event);
    const stored = await scene.count('select count(*) from inbox where event_id = $1', [
      event.eventId,
    ]);
    const second = await knock(url, event);
    scene.client.tell(life);
    if (first.status === 200) continue; // what was read of the connection broke off before its id
    scene.expect(first.status === 503, `cut off, a delivery was answered ${first.status}`);
    if (how === 'lose_answer') {
      scene.expect(stored === 1, 'a statement that arrived was not carried out');
      scene.expect(isDuplicate(second), `committed, and then ${second.status} ${second.text}`);
    } else {
      scene.expect(stored === 0, 'half a statement was carried out');
      scene.expect(isRecorded(second), `not committed, and then ${second.status} ${second.text}`);
    }
    return;
  }
  throw new Error(`in ${TRIES_MAX} tries no delivery of ours was cut off`);
}

interface Flushes {
  readonly count: number;
  readonly seconds: number;
}

/** INSERTs of both APIs so far, and how long they took. */
async function flushes(scene: Scene): Promise<Flushes> {
  let [count, seconds] = [0, 0];
  for (const { url } of scene.world.apis) {
    count += await scene.metric(url, 'tollgate_flush_seconds_count');
    seconds += await scene.metric(url, 'tollgate_flush_seconds_sum');
  }
  return { count, seconds };
}
