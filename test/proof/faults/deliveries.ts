import { connect } from 'node:net';
import type { Fault } from '../fault.js';
import { sign } from '../sign.js';
import { lifeOfKind, type Life, type ProofEvent } from '../stories.js';
import type { InboxRow, Scene } from '../scene.js';
import { TIMES } from '../world.js';

const CONNECTIONS = 64;
/** Whoever is tried again waits for what is rung for already. */
const OUTCOME_MS_MAX = 90_000;

/** Deliveries that come broken, too often, in the wrong order, or that nobody can use. */
export const DELIVERY_FAULTS: readonly Fault[] = [
  {
    id: 'F25',
    title: 'client gone before the answer',
    expected: 'the row may be there or not; nothing crashes',
    inject: async (scene) => {
      const before = scene.world.apis.map(({ starts }) => starts);
      const rounds = scene.rounds(60);
      for (let round = 0; round < rounds; round += 1) {
        const life = scene.nextLife();
        const api = scene.world.apis[round % 2]!;
        await Promise.all(
          life.events.map((event) => sendAndLeave(Number(new URL(api.url).port), event)),
        );
        scene.client.tell(life);
      }
      scene.injected(`${rounds} lives whose client left`);
      scene.expect(
        scene.world.apis.every(({ starts, isRunning }, n) => isRunning && starts === before[n]),
        'an api ended',
      );
      const unhandled = scene.world.apis.filter((api) => /unhandled|uncaught/i.test(api.logs()));
      scene.expect(unhandled.length === 0, 'a rejection was unhandled');
    },
  },
  {
    id: 'F27',
    title: 'one event delivered thousands of times at once',
    expected: 'every delivery is answered 200; one row, one effect',
    inject: async (scene) => {
      const life = scene.nextLife();
      scene.client.tell(life);
      await scene.until('it is delivered', () => scene.client.undeliveredCount < 100);
      const deliveries = scene.rounds(3000);
      const event = life.events[0]!;
      let left = deliveries;
      const statuses = new Map<string, number>();
      const sender = async (target: number): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const headers = sign(event.provider, event.body);
          const path = `/webhooks/${event.provider}`;
          const fate = await scene.client.request(target, 'POST', path, headers, event.body);
          const what = fate.is === 'answered' ? `${fate.status} ${fate.text}` : fate.code;
          statuses.set(what, (statuses.get(what) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => sender(n)));
      scene.injected(`${deliveries} deliveries over ${CONNECTIONS} connections`);
      const duplicates = statuses.get('200 {"status":"duplicate"}') ?? 0;
      scene.expect(duplicates >= deliveries - 1, `answers: ${JSON.stringify([...statuses])}`);
      const rows = 'select count(*) from inbox where event_id = $1';
      scene.expect((await scene.count(rows, [event.eventId])) === 1, 'there is not one row');
    },
  },
  {
    id: 'F28',
    title: 'the events of one payment in every order',
    expected: 'the same end, whatever came first',
    inject: async (scene) => {
      const kind = 'stripe: refunded in two parts';
      const length = Math.min(6, lifeOfKind(kind, `${scene.run}z`).events.length);
      const orders = permutations(length);
      const chosen = shuffled(scene, orders).slice(0, scene.rounds(120));
      for (const [number, order] of chosen.entries()) {
        const life = lifeOfKind(kind, `${scene.run}z${String(number).padStart(4, '0')}`);
        const rest = life.events.slice(length);
        await tellInOrder(scene, life, [...order.map((index) => life.events[index]!), ...rest]);
      }
      scene.injected(`${chosen.length} of the ${orders.length} orders of ${length} events`);
    },
  },
  {
    id: 'F30',
    title: 'an event whose handling always fails',
    expected: 'a dead letter after its attempts, its neighbours applied, applied once replayed',
    inject: async (scene) => {
      const life = lifeOfKind('stripe: paid', `${scene.run}poison`);
      const poison = life.events.at(-1)!;
      const environment = {
        FAILPOINTS: `apply.claimed:${poison.eventId}=throw`,
        ATTEMPTS_MAX: '3',
      };
      for (const worker of scene.world.workers) {
        await worker.kill();
        await worker.start({ environment });
      }
      scene.client.tell(life);
      scene.injected('one event throws whenever it is applied');
      const isDead = ({ status }: InboxRow) => status === 'dead';
      const [row] = await scene.inboxRow(poison, isDead, OUTCOME_MS_MAX);
      scene.expect(row?.attempts === 3, `it had ${row?.attempts} attempts`);
      await scene.acknowledged(50);
      const others = `select count(*) from inbox join inbox_bodies on inbox_id = id
                       where status = 'dead' and event_id <> $1
                         and position($2 in convert_from(body, 'LATIN1')) > 0`;
      scene.expect(
        (await scene.count(others, [poison.eventId, scene.run])) === 0,
        'a neighbour is dead, too',
      );
      for (const worker of scene.world.workers) await worker.restore();
      scene.healed();
      const answer = await scene.operate('POST', `/v1/events/${row?.id}/replay`, {});
      scene.expect(answer.ok, `its replay was answered ${answer.status}`);
      const isDone = ({ status }: InboxRow) => status === 'applied' || status === 'noop';
      await scene.inboxRow(poison, isDone, OUTCOME_MS_MAX);
    },
  },
  {
    id: 'F34',
    title: 'a backlog while all workers are down',
    expected: 'acknowledging goes on; the backlog is worked off once they are back',
    inject: async (scene) => {
      for (const worker of scene.world.workers) await worker.kill();
      const startedAtMs = performance.now();
      await scene.acknowledged(scene.rounds(400), 120_000);
      scene.injected('both workers down');
      const p99 = scene.client.latencyMs(0.99, startedAtMs);
      const backlog = await scene.count(`select count(*) from inbox where status = 'received'`);
      for (const worker of scene.world.workers) await worker.start();
      scene.healed();
      const drainedFromMs = performance.now();
      const rows = `select count(*) from inbox where status = 'received'`;
      await scene.until('the backlog is gone', async () => (await scene.count(rows)) < 50, 90_000);
      const seconds = (performance.now() - drainedFromMs) / 1000;
      scene.note(`${backlog} events gone after ${seconds.toFixed(1)} s, under load`);
      scene.note(
        `acknowledged within ${p99.toFixed(0)} ms (p99) without workers, ` +
          `${scene.client.latencyMs(0.99, drainedFromMs).toFixed(0)} ms while it was worked off`,
      );
    },
  },
];

/** Sends a whole request and resets the connection without waiting for anything. */
function sendAndLeave(port: number, event: ProofEvent): Promise<void> {
  return new Promise((resolve) => {
    const headers = { ...sign(event.provider, event.body), host: '127.0.0.1' };
    const socket = connect(port, '127.0.0.1');
    socket
      .once('error', () => undefined)
      .once('close', () => {
        resolve();
      });
    socket.once('connect', () => {
      const lines = Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
      const head = `POST /webhooks/${event.provider} HTTP/1.1\r\n${lines}`;
      socket.write(`${head}content-length: ${event.body.length}\r\n\r\n`);
      socket.write(event.body, () => socket.resetAndDestroy());
    });
  });
}

/** One after the other, so that they arrive in this order. */
async function tellInOrder(scene: Scene, life: Life, events: readonly ProofEvent[]): Promise<void> {
  scene.client.tell(life, []);
  for (const event of events) {
    scene.client.deliver(life.tag, event);
    await scene.seconds(TIMES.ringGrace / 1000);
  }
}

function permutations(length: number): number[][] {
  if (length === 0) return [[]];
  return permutations(length - 1).flatMap((shorter) =>
    Array.from({ length }, (_, at) => [...shorter.slice(0, at), length - 1, ...shorter.slice(at)]),
  );
}

function shuffled<T>(scene: Scene, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: scene.random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
