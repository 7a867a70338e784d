import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Fault } from '../fault.js';
import type { Member } from '../member.js';
import type { Scene } from '../scene.js';
import { TIMES } from '../world.js';

const DIES_MS_MAX = 30_000;
/** Events that may still wait; for those whose ring was lost with a process it is a minute. */
const BACKLOG_SMALL = 20;
const CALM_SECONDS = 3;
/** More than a process has open, so that some connections are taken and most are not. */
const FILES_MORE = 25;

/** Whether some seconds pass without a request that is refused, or of which nothing is heard. */
async function isCalm(scene: Scene): Promise<boolean> {
  scene.client.countAnew();
  await scene.seconds(CALM_SECONDS);
  return scene.client.refused + scene.client.unknown === 0;
}

/** Processes that end, and processes that only seem to. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    id: 'F0',
    title: 'no fault at all',
    expected: 'nothing is refused or unknown, and the sweeper has nothing to do',
    inject: async (scene) => {
      // So long a grace that whoever is rung for by the sweeper was forgotten, and not just slow.
      const environment = { RING_GRACE_SECONDS: '60' };
      await Promise.all(
        scene.world.members.map(async (member) => {
          await member.kill('SIGTERM', 25_000);
          await member.start({ environment });
        }),
      );
      // What came in just now is on its way; the rest waited for the workers to be there again.
      const backlog = `
        select count(*) from inbox
        where status = 'received' and received_at < now() - interval '5 seconds'`;
      const isWarm = async () => (await scene.count(backlog)) < BACKLOG_SMALL;
      await scene.until('what waited for the workers is applied', isWarm, 60_000);
      await scene.until('nobody is refused for the restart any more', () => isCalm(scene), 60_000);
      scene.client.countAnew();
      const marked = await scene.query<{ at: Date }>('select now() as at');
      scene.injected('nothing');
      await scene.acknowledged(scene.rounds(200), 60_000);
      await scene.client.stop();
      scene.client.finishLives();
      await scene.until('all is delivered', () => scene.client.undeliveredCount === 0);
      const trouble = scene.client.refused + scene.client.unknown;
      scene.expect(trouble === 0, `${trouble} refused or unknown: ${scene.fates()}`);
      const late = `select count(*) from inbox where received_at > $1 and status = 'received'`;
      const isApplied = async () => (await scene.count(late, [marked[0]!.at])) === 0;
      const inTime = scene.until('all is applied', isApplied, 40_000);
      await inTime.catch(() => undefined);
      const left = await scene.count(late, [marked[0]!.at]);
      scene.expect(left === 0, `the sweeper had to ring: ${left} events wait although all runs`);
      scene.note(`${scene.client.deliveries.size} events, each rung for by who took it in`);
    },
  },
  {
    id: 'F1',
    title: 'api killed at a random point',
    expected: 'nothing acknowledged is lost; ready again within seconds',
    inject: async (scene) => {
      const rounds = scene.rounds(6);
      const seconds = await killAtRandom(scene, scene.world.apis, rounds);
      scene.injected(`${rounds} × SIGKILL`);
      scene.note(`ready after ${seconds.toFixed(1)} s at most`);
    },
  },
  {
    id: 'F2',
    title: 'api killed between commit and ring',
    expected: 'the sweeper rings for what was recorded',
    inject: (scene) => dieAt(scene, scene.world.apis[0]!, 'ingest.answered#20'),
  },
  {
    id: 'F3',
    title: 'api killed between commit and answer',
    expected: 'delivered again it is a duplicate, and has one effect',
    inject: async (scene) => {
      const duplicates = scene.duplicates;
      await dieAt(scene, scene.world.apis[1]!, 'ingest.committed#20');
      await scene.until('a duplicate of it', () => scene.duplicates > duplicates);
    },
  },
  {
    id: 'F4',
    title: 'worker killed before and after its commit',
    expected: 'no event is applied twice',
    inject: async (scene) => {
      const [first, second] = scene.world.workers as [Member, Member];
      await dieAt(scene, first, 'apply.before_commit#3');
      await dieAt(scene, second, 'apply.committed#3');
      const rounds = scene.rounds(4);
      await killAtRandom(scene, scene.world.workers, rounds);
      scene.injected(`${rounds} × SIGKILL at random`);
    },
  },
  {
    id: 'F5',
    title: 'worker killed three times on one ring',
    expected: 'the queue gives the ring up, the sweeper rings anew, the events are applied',
    inject: async (scene) => {
      const [first, second] = scene.world.workers as [Member, Member];
      await second.kill();
      const life = scene.nextLife();
      const { eventId } = life.events[0]!;
      // Armed before it is delivered, so that the very first ring is deadly.
      for (let death = 1; death <= 3; death += 1) {
        await first.kill();
        const environment = { FAILPOINTS: `apply.claimed:${eventId}` };
        await first.start({ environment, isAwaited: false });
        if (death === 1) scene.client.tell(life);
        await scene.until(`death ${death}`, () => !first.isRunning, DIES_MS_MAX);
      }
      scene.injected('3 deaths in the same event');
      scene.healed();
      await first.start();
      await scene.until('it is applied', async () => {
        const done = `select count(*) from inbox where event_id = $1 and status <> 'received'`;
        return (await scene.count(done, [eventId])) === 1;
      });
    },
  },
  {
    id: 'F6',
    title: 'worker stopped for longer than its lock, then goes on',
    expected: 'what it held is applied once, by it or by the other one',
    inject: async (scene) => {
      const [zombie] = scene.world.workers as [Member];
      for (let round = scene.rounds(1); round > 0; round -= 1) {
        zombie.pause();
        await scene.seconds(2 * TIMES.workerLock + 1);
        zombie.resume();
        await scene.seconds(0.5);
      }
      scene.injected(`SIGSTOP for ${2 * TIMES.workerLock + 1} s, SIGCONT`);
    },
  },
  {
    id: 'F7',
    title: 'event loop blocked for longer than the lock',
    expected: 'its ring goes to the other worker, and its events count once',
    inject: async (scene) => {
      const [busy] = scene.world.workers as [Member];
      const blockMs = 2000 * TIMES.workerLock + 500;
      await busy.kill();
      const FAILPOINTS = `apply.before_commit#5=block:${blockMs}`;
      await busy.start({ environment: { FAILPOINTS } });
      scene.injected(`blocked for ${blockMs} ms inside of a transaction`);
      await scene.seconds(blockMs / 1000 + 1);
      const lost = busy.logs().match(/could not renew lock|missing lock|lock mismatch/gi);
      scene.note(`${lost?.length ?? 0} lines about a lost lock`);
    },
  },
  {
    id: 'F32',
    title: 'rolling restart with SIGTERM under load',
    expected: 'every process ends by itself with 0, and no answer is cut off',
    inject: async (scene) => {
      const rounds = scene.rounds(2);
      const before = scene.client.unknown;
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        for (const member of scene.world.members) {
          const startedAtMs = performance.now();
          const ended = member.ended();
          const killed = member.kill('SIGTERM', 25_000);
          if (member.role === 'api') {
            await scene.until(`${member.name} says that it goes`, () => isUnready(member), 2000);
            scene.client.avoid(member.url);
          }
          await killed;
          seconds.push((performance.now() - startedAtMs) / 1000);
          const code = await ended;
          scene.expect(code === 0, `${member.name} ended with ${code}`);
          await member.start();
          scene.client.avoidNobody();
        }
      }
      scene.injected(`${rounds} × SIGTERM to each process, one after the other`);
      const cut = scene.client.unknown - before;
      scene.expect(cut === 0, `${cut} requests were cut off: ${scene.fates()}`);
      scene.note(`at most ${Math.max(...seconds).toFixed(1)} s from SIGTERM to the end`);
    },
  },
  {
    id: 'F33',
    title: 'SIGTERM while a handler hangs',
    expected: 'it ends within its bound all the same, and its ring goes elsewhere',
    inject: async (scene) => {
      const [hung] = scene.world.workers as [Member];
      await hung.kill();
      const environment = { FAILPOINTS: 'apply.claimed#3=hang', DRAIN_SECONDS: '2' };
      await hung.start({ environment });
      await scene.seconds(2);
      const startedAtMs = performance.now();
      const ended = hung.ended();
      await hung.kill('SIGTERM', 25_000);
      const code = await ended;
      scene.injected('a handler that never returns, SIGTERM');
      scene.expect(typeof code === 'number', `it had to be killed: ${code}`);
      scene.note(
        `ended with ${code} after ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`,
      );
    },
  },
  {
    id: 'F35',
    title: 'api with little memory and large bodies',
    expected: 'it sheds load with 413 or 503 and stays; what it acknowledged is there',
    inject: async (scene) => {
      const [api] = scene.world.apis as [Member];
      await api.kill();
      await api.start({
        environment: { NODE_OPTIONS: '--max-old-space-size=96', ADMISSION_BYTES_MAX: '16777216' },
      });
      const pid = api.pid;
      const events = scene.rounds(60);
      for (let sent = 0; sent < events; sent += 1) {
        const life = scene.nextLife();
        const padded = life.events.filter(({ provider }) => provider === 'stripe').map(pad);
        const others = life.events.filter(({ provider }) => provider !== 'stripe');
        scene.client.tell(life, [...padded, ...others]);
      }
      scene.injected(`${events} lives of bodies of 900 kB, with a heap of 96 MB`);
      await scene.until('all of them', () => scene.client.undeliveredCount < 50, 60_000);
      scene.note(
        api.isRunning && api.pid === pid ? 'it stayed' : 'it ended, and was started again',
      );
      scene.note(`${(api.peak.residentBytes / 2 ** 20).toFixed(0)} MB at most`);
    },
  },
  {
    id: 'F36',
    title: 'api out of file descriptors',
    expected: 'it does not crash, and accepts again once there are some',
    obstacle: () => (process.platform === 'linux' ? null : 'prlimit is for Linux'),
    inject: async (scene) => {
      const [api] = scene.world.apis as [Member];
      const { pid } = api;
      // Not from the start: Node has hundreds of modules open at once while it loads them.
      const files = (api.measure()?.files ?? 0) + FILES_MORE;
      const usual = await limitFiles(pid, files);
      const idle = await scene.idleConnections(api, 200);
      scene.injected(`${files} files, 200 idle connections`);
      await scene.seconds(2);
      idle.close();
      await limitFiles(pid, usual);
      scene.healed();
      await scene.until('it answers again', async () => {
        const answer = await fetch(`${api.url}/health/live`).catch(() => null);
        return answer?.status === 200;
      });
      scene.expect(api.isRunning && api.pid === pid, 'it ended');
      await scene.acknowledged(20);
    },
  },
];

/** Kills one of them at a random moment, and starts it again. @returns the slowest start, in s */
async function killAtRandom(
  scene: Scene,
  members: readonly Member[],
  rounds: number,
): Promise<number> {
  let slowest = 0;
  for (let round = 0; round < rounds; round += 1) {
    const member = members[round % members.length]!;
    await scene.seconds(scene.random.next() * 0.5);
    await member.kill();
    const startedAtMs = performance.now();
    await member.start();
    slowest = Math.max(slowest, (performance.now() - startedAtMs) / 1000);
  }
  return slowest;
}

/** @returns the limit that it had */
async function limitFiles(pid: number, files: number): Promise<number> {
  const usual = /^Max open files +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
  return Number(usual);
}

/** As a load balancer sees it. */
async function isUnready({ url }: Member): Promise<boolean> {
  return (await fetch(`${url}/health/ready`)).status === 503;
}

/** Starts a process with a fail point armed, sees it die there, and starts it as it was. */
async function dieAt(scene: Scene, member: Member, failPoint: string): Promise<void> {
  await member.kill();
  // Not waited for: under load it may be dead before anybody has asked whether it is ready.
  await member.start({ environment: { FAILPOINTS: failPoint }, isAwaited: false });
  await scene.until(`${member.name} dies at ${failPoint}`, () => !member.isRunning, DIES_MS_MAX);
  scene.injected(`${member.name} ends at ${failPoint}`);
  await member.start();
}

/** The same event with a body of 900 kB. */
function pad<E extends { readonly body: Buffer }>(event: E): E {
  const payload = JSON.parse(event.body.toString('utf8')) as Record<string, unknown>;
  payload['padding'] = 'x'.repeat(900_000);
  return { ...event, body: Buffer.from(JSON.stringify(payload)) };
}
