import { spawn } from 'node:child_process';
import type { Fault } from '../fault.js';

/** A machine that is busy with something else. */
export const MACHINE_FAULTS: readonly Fault[] = [
  {
    id: 'F42',
    title: 'four other programs that want all of the CPU',
    expected: 'slower, and nothing twice: locks that are renewed late cost a ring, not an effect',
    inject: async (scene) => {
      const fromMs = performance.now();
      const usual = scene.client.latencyMs(0.99);
      const hogs = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
      );
      const end = (): void => hogs.forEach((hog) => void hog.kill('SIGKILL'));
      process.once('exit', end);
      try {
        scene.injected('4 × for (;;); for 6 s');
        await scene.seconds(6);
        await scene.acknowledged(20);
      } finally {
        end();
        process.off('exit', end);
      }
      scene.healed();
      const p99 = scene.client.latencyMs(0.99, fromMs);
      scene.note(`acknowledged within ${p99.toFixed(0)} ms (p99), ${usual.toFixed(0)} ms before`);
    },
  },
];
