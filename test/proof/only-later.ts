import { knock } from './knock.js';
import type { Scene } from './scene.js';

/** Statements, locks and connections have time-outs of 4, 2 and 2 s; machines may be busy. */
const ANSWERED_MS_MAX = 12_000;

/**
 * I11: for so long nothing can be committed, so nothing may be acknowledged; whoever delivers is
 * told to come later, and is told so in time.
 */
export async function expectOnlyLater(scene: Scene, seconds: number): Promise<void> {
  const { apis } = scene.world;
  const lives = apis.map(() => scene.nextLife());
  const fromMs = performance.now();
  const [knocks] = await Promise.all([
    Promise.all(apis.map(({ url }, at) => knock(url, lives[at]!.events[0]!))),
    scene.seconds(seconds),
  ]);
  const acknowledged = scene.client.acknowledgedBetween(fromMs, performance.now());
  scene.expect(acknowledged === 0, `I11 ${acknowledged} events were acknowledged meanwhile`);
  for (const { status, text, retryAfter, ms } of knocks) {
    scene.expect(status === 503, `I11 a delivery was answered ${status} ${text.slice(0, 200)}`);
    scene.expect(/^[1-9]\d*$/.test(retryAfter ?? ''), `Retry-After was ${retryAfter}`);
    scene.expect(ms < ANSWERED_MS_MAX, `I10 an answer took ${(ms / 1000).toFixed(1)} s`);
  }
  // What was refused may have been recorded all the same; now it is delivered until it is.
  for (const life of lives) scene.client.tell(life);
  const slowest = Math.max(...knocks.map(({ ms }) => ms));
  scene.note(`503 after ${(slowest / 1000).toFixed(1)} s at most`);
}
