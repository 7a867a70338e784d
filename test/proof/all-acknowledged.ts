import type { Scene } from './scene.js';

/** The promise, an order that was created, and a command that comes while it is carried out. */
const KEPT = new Set(['200', '201', '409']);

/**
 * Whatever is broken is not on the way of an answer: for so long every delivery is acknowledged, and
 * every command is carried out.
 */
export async function expectAllAcknowledged(scene: Scene, seconds: number): Promise<void> {
  const { client } = scene;
  const fromMs = performance.now();
  const before = notKept(scene);
  await scene.seconds(seconds);
  const toMs = performance.now();
  const acknowledged = client.acknowledgedBetween(fromMs, toMs);
  const others = notKept(scene) - before;
  scene.expect(acknowledged > 0, 'nothing was acknowledged meanwhile');
  scene.expect(others === 0, `${others} requests were not answered as always: ${scene.fates()}`);
  const [usual, then] = [client.latencyMs(0.99, 0, fromMs), client.latencyMs(0.99, fromMs, toMs)];
  scene.note(
    `${acknowledged} acknowledged meanwhile, within ${then.toFixed(0)} ms (p99), ` +
      `${usual.toFixed(0)} ms before`,
  );
}

function notKept({ client }: Scene): number {
  return [...client.fates].reduce((sum, [fate, times]) => sum + (KEPT.has(fate) ? 0 : times), 0);
}
