import type { Fault } from '../fault.js';
import type { Member } from '../member.js';
import type { Scene } from '../scene.js';
import { TIMES } from '../world.js';

const READY_MS_MAX = 15_000;

/** F1 to F7: processes that end, and processes that only seem to. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    id: 'F1',
    title: 'api killed at a random point',
    expected: 'nothing acknowledged is lost; ready again within seconds',
    isShort: true,
    inject: async (scene) => {
      const { apis } = scene.world;
      const rounds = scene.rounds(6);
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const api = apis[round % apis.length]!;
        await scene.seconds(scene.random.next() * 0.5);
        await api.kill();
        const startedAtMs = performance.now();
        await api.start();
        seconds.push((performance.now() - startedAtMs) / 1000);
      }
      scene.injected(`${rounds} × SIGKILL`);
      scene.note(`ready after ${Math.max(...seconds).toFixed(1)} s at most`);
    },
  },
  {
    id: 'F2',
    title: 'api killed between commit and ring',
    expected: 'the sweeper rings for what was recorded',
    inject: async (scene) => {
      await killAtFailPoint(scene, scene.world.apis[0]!, 'ingest.committed');
    },
  },
];

/** Starts a process with a fail point armed, sees it die there, and starts it as it was. */
async function killAtFailPoint(scene: Scene, member: Member, failPoint: string): Promise<void> {
  await member.kill();
  await member.start({ environment: { FAILPOINTS: failPoint } });
  scene.injected(`${member.name} ends at ${failPoint}`);
  await scene.until(`${failPoint} in ${member.name}`, () => !member.isRunning, READY_MS_MAX);
  scene.expect((await member.ended()) === null, `${member.name} did not end`);
  await scene.seconds(TIMES.ringGrace);
}
