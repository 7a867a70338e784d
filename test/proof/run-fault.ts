import { checkWorld } from './check.js';
import { OpenLoopClient } from './client.js';
import type { InjectedFault } from './fault.js';
import { randomFrom } from './random.js';
import { Scene } from './scene.js';
import { livesFrom, type Life } from './stories.js';
import { untilQuiet } from './until-quiet.js';
import { PROOF_TOKENS, type World } from './world.js';

/** What one fault came to. */
export interface FaultResult {
  readonly fault: InjectedFault;
  readonly injected: string;
  /** Seconds after the beginning of the load. */
  readonly injectedAtSeconds: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  readonly lost: number;
  readonly doubled: number;
  /** From the end of the fault until nothing waited any more; null: it never came to that. */
  readonly recoverySeconds: number | null;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  readonly seconds: number;
  /** False: the world could not be healed, or did not come to rest. */
  readonly isWhole: boolean;
}

export interface RunOptions {
  readonly seed: number;
  readonly ratePerSecond: number;
  readonly intensity: number;
}

const WARM_UP_SECONDS = 1;
const AFTERWARDS_SECONDS = 1;
const REPLAYS = 2;
/** A recovery that somebody will ask about. */
const SLOW_MS = 15_000;
/** I10, of each process. */
const RESIDENT_BYTES_MAX = 700 * 1024 * 1024;
/** A process that starts has hundreds of modules open at once; 1024 is what it is usually allowed. */
const FILES_MAX = 900;
let runs = 0;

/** Loads a healthy world, injects one fault, heals, waits until all is quiet, and checks it all. */
export async function runFault(
  world: World,
  fault: InjectedFault,
  { seed, ratePerSecond, intensity }: RunOptions,
): Promise<FaultResult> {
  runs += 1;
  const run = `${fault.id.toLowerCase()}r${runs}x${process.pid.toString(36)}`;
  const random = randomFrom(seed ^ (Number(fault.id.slice(1)) * 0x9e3779b1));
  const lives = livesFrom(random.below(2 ** 31), run);
  const client = new OpenLoopClient({
    urls: world.apis.map(({ url }) => url),
    ratePerSecond: fault.ratePerSecond ?? ratePerSecond,
    lives,
    random,
    token: PROOF_TOKENS.service,
  });
  const scene = new Scene(world, client, random, run, intensity, () => lives.next().value as Life);
  const startedAtMs = performance.now();
  for (const member of world.members) member.forget();
  const printed = world.listenToLogs();
  const measuring = setInterval(() => {
    for (const member of world.members) member.measure();
  }, 250);
  try {
    client.start();
    await scene.seconds(WARM_UP_SECONDS);
    const noteProblem = (error: unknown): void => {
      scene.problems.push(error instanceof Error ? error.message : String(error));
    };
    await fault.inject(scene).catch(noteProblem);
    const isHealed = await world.heal().then(
      () => true,
      (error: unknown) => {
        scene.problems.push(`it could not be healed: ${String(error)}`);
        return false;
      },
    );
    const healedAtMs = scene.healedAtMs ?? performance.now();
    await scene.seconds(AFTERWARDS_SECONDS);
    await client.stop();
    client.finishLives();
    const quiet = await untilQuiet(world.observer, client);
    scene.problems.push(...quiet.problems);
    const { quietAtMs } = quiet;
    const isSlow = quietAtMs !== null && quietAtMs - healedAtMs > SLOW_MS;
    if (isSlow) scene.note(`what took longest: ${quiet.last}`);
    await replaySome(scene, run).catch(noteProblem);
    const findings = await checkWorld(world, client, run, printed());
    checkBounds(world, scene);
    const isQuiet = quietAtMs !== null;
    return {
      fault,
      injected: scene.injections.join('; '),
      injectedAtSeconds: ((scene.injectedAtMs ?? startedAtMs) - startedAtMs) / 1000,
      acknowledged: client.acknowledged,
      refused: client.refused,
      unknown: client.unknown,
      lost: findings.lost,
      doubled: findings.doubled,
      recoverySeconds: isQuiet ? Math.max(0, quietAtMs - healedAtMs) / 1000 : null,
      problems: [...scene.problems, ...findings.problems],
      notes: scene.notes,
      seconds: (performance.now() - startedAtMs) / 1000,
      isWhole: isHealed && isQuiet,
    };
  } finally {
    clearInterval(measuring);
    await client.close();
  }
}

/** I12: an operator sends events through again; nothing changes, and the audit log knows of it. */
async function replaySome(scene: Scene, run: string): Promise<void> {
  const events = await scene.query<{ id: string }>(
    `select id from inbox join inbox_bodies on inbox_id = id
      where status in ('applied', 'noop')
        and position($1 in convert_from(body, 'LATIN1')) > 0 order by id limit $2`,
    [run, REPLAYS],
  );
  for (const { id } of events) {
    const answer = await scene.operate('POST', `/v1/events/${id}/replay`, {});
    scene.expect(answer.ok, `I12 the replay of ${id} was answered ${answer.status}`);
    await scene.until(`an outcome of the replay of ${id}`, async () => {
      const waiting = `select count(*) from inbox where id = $1 and status = 'received'`;
      return (await scene.count(waiting, [id])) === 0;
    });
    const entries = await scene.count(
      `select count(*) from audit_entries where subject = $1::text`,
      [id],
    );
    scene.expect(entries > 0, `I12 the audit log does not know of the replay of ${id}`);
  }
}

/** I10. */
function checkBounds(world: World, scene: Scene): void {
  for (const { name, peak } of world.members) {
    const megabytes = Math.round(peak.residentBytes / 1024 / 1024);
    scene.expect(peak.residentBytes < RESIDENT_BYTES_MAX, `I10 ${name} took ${megabytes} MB`);
    scene.expect(peak.files < FILES_MAX, `I10 ${name} had ${peak.files} files open`);
  }
}
