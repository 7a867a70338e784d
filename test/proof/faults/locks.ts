import type pg from 'pg';
import type { Fault } from '../fault.js';
import { isDuplicate, isRecorded, knock } from '../knock.js';
import { expectOnlyLater } from '../only-later.js';
import type { Random } from '../random.js';
import type { Scene } from '../scene.js';
import { lifeOfKind, type Life, type ProofEvent } from '../stories.js';

/** Requests of one sender under way at once: enough for batches of many. */
const UNDER_WAY = 40;
const LIVES = 40;

/** Rows and tables that somebody holds for too long, and rows that many want at once. */
export const LOCK_FAULTS: readonly Fault[] = [
  {
    id: 'F20',
    title: 'a payment locked by somebody for long',
    expected: 'its events are tried again later and applied; all other payments go on',
    inject: async (scene) => {
      const life = aLife(scene, 'stripe: paid');
      const [first, ...rest] = life.events as [ProofEvent, ...ProofEvent[]];
      scene.client.tell(life, [first]);
      await scene.inboxRow(first, ({ status }) => status !== 'received');
      const others = `select count(*) from inbox where received_at > $1 and finished_at is not null
                         and event_id not like '%' || $2 || '%'`;
      await whileHeld(scene, async (client) => {
        const { rows } = await client.query<{ at: Date }>(
          `select now() as at from payments p join inbox i on i.payment_id = p.id
            where i.event_id = $1 for update of p`,
          [first.eventId],
        );
        scene.expect(rows.length === 1, `${rows.length} payments are locked`);
        const lockedAt = rows[0]?.at;
        for (const event of rest) scene.client.deliver(life.tag, event);
        scene.injected('select for update in a transaction that stays open');
        const held = rest.at(-1)!;
        const [row] = await scene.inboxRow(held, ({ attempts }) => attempts >= 1);
        scene.expect(row?.status === 'received', `an event of it is ${row?.status}`);
        await scene.until('20 events of others are applied', async () => {
          return (await scene.count(others, [lockedAt, life.tag])) >= 20;
        });
      });
      scene.healed();
      const healedAtMs = performance.now();
      const attempts: number[] = [];
      for (const event of rest) {
        const [row] = await scene.inboxRow(event, ({ status }) => status !== 'received');
        attempts.push(row!.attempts);
      }
      const seconds = (performance.now() - healedAtMs) / 1000;
      scene.note(`applied ${seconds.toFixed(1)} s after the lock was gone`);
      scene.note(`${Math.max(...attempts)} attempts failed at most`);
    },
  },
  {
    id: 'F21',
    title: 'the inbox locked as a careless migration does',
    expected: '503 within the deadline, until the lock is gone',
    inject: async (scene) => {
      await whileHeld(scene, async (client) => {
        await client.query('lock table inbox in access exclusive mode');
        scene.injected('access exclusive lock on inbox for 5 s');
        await expectOnlyLater(scene, 5);
      });
      scene.healed();
      await scene.acknowledged(20);
    },
  },
  {
    id: 'F29',
    title: 'four processes given the same events in other orders',
    expected: 'each is recorded by one of them, and no batch deadlocks with another',
    inject: async (scene) => {
      const { world } = scene;
      const guests = [await world.guest('api-3', 'api'), await world.guest('api-4', 'api')];
      await Promise.all(guests.map((guest) => guest.start()));
      const before = await deadlocks(scene);
      const rounds = scene.rounds(3);
      for (let round = 0; round < rounds; round += 1) {
        await crossBatches(scene, [...world.apis, ...guests]);
      }
      scene.injected(`${rounds} × ${LIVES} lives, by four processes at once`);
      await scene.seconds(1.5); // a backend reports what it counts once a second
      const found = (await deadlocks(scene)) - before;
      scene.expect(found === 0, `${found} deadlocks`);
    },
  },
];

/** A life of this kind, as part of the run. */
function aLife(scene: Scene, kind: string): Life {
  return lifeOfKind(kind, scene.nextLife().tag);
}

/** What `work` locks stays locked until it has ended. */
async function whileHeld(scene: Scene, work: (client: pg.PoolClient) => Promise<void>) {
  const client = await scene.world.observer.connect();
  try {
    await client.query('begin');
    await work(client);
  } finally {
    await client.query('rollback').catch(() => undefined);
    client.release();
  }
}

/** Gives every process all of the same events, each in an order of its own. */
async function crossBatches(scene: Scene, apis: readonly { readonly url: string }[]) {
  const lives = Array.from({ length: LIVES }, () => scene.nextLife());
  const events = lives.flatMap((life) => life.events);
  const recorded = new Map<string, number>();
  let [refused, wrong] = [0, 0];
  const deliverAll = async (url: string, order: ProofEvent[]): Promise<void> => {
    const send = async (): Promise<void> => {
      for (let event = order.pop(); event !== undefined; event = order.pop()) {
        const answer = await knock(url, event);
        if (isRecorded(answer)) {
          recorded.set(event.eventId, (recorded.get(event.eventId) ?? 0) + 1);
        } else if (answer.status === 503) {
          refused += 1; // it waited too long for the batch of another one
          order.unshift(event);
        } else if (!isDuplicate(answer)) wrong += 1;
      }
    };
    await Promise.all(Array.from({ length: UNDER_WAY }, send));
  };
  await Promise.all(apis.map(({ url }) => deliverAll(url, shuffled(events, scene.random))));
  for (const life of lives) scene.client.tell(life);
  scene.expect(wrong === 0, `${wrong} answers were neither 200 nor 503`);
  const times = events.map(({ eventId }) => recorded.get(eventId) ?? 0);
  const often = times.filter((count) => count > 1).length;
  scene.expect(often === 0, `${often} events were recorded by more than one process`);
  // Of what was refused nobody knows whether it was recorded.
  const never = times.filter((count) => count === 0).length;
  scene.expect(never <= refused, `${never} events were known before anybody had recorded them`);
  scene.note(`${events.length} events, each four times: ${refused} × 503`);
}

async function deadlocks(scene: Scene): Promise<number> {
  return scene.count('select deadlocks from pg_stat_database where datname = current_database()');
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
