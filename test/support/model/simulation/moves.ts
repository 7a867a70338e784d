import fc from 'fast-check';
import { CATALOG } from './catalog.js';
import type { Fault } from './process.js';
import { CONSUMERS, GRACE_SECONDS, type ConsumerName } from './staff.js';
import type { World } from './world.js';

/** What may happen next, where it can. The world is its own model: what it can do is plain to see. */
export class Move implements fc.AsyncCommand<World, World> {
  constructor(
    private readonly name: string,
    private readonly isPossible: (world: World) => boolean,
    private readonly make: (world: World) => Promise<void>,
  ) {}

  check(world: Readonly<World>): boolean {
    return this.isPossible(world as World);
  }

  run(_model: World, world: World): Promise<void> {
    return this.make(world);
  }

  toString(): string {
    return this.name;
  }
}

/** Where what goes wrong hurts most: much is done by then, or somebody else knows of it. */
const TENDER_ACTS = [
  ...['COMMIT', 'COMMIT', 'COMMIT', 'ring', 'send', 'send'],
  ...['mark-published', 'begin-attempts', 'end-attempts', 'release-rings'],
];

/** Two thirds of what is done go well; the rest goes wrong, early, anywhere or where it hurts. */
const fault: fc.Arbitrary<Fault | null> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('dies', 'stalls', 'is cut off'),
      step: fc.oneof(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 24 }),
        fc.constantFrom(...TENDER_ACTS),
        fc.constantFrom(...TENDER_ACTS),
      ),
      when: fc.constantFrom('before', 'after'),
    }),
  },
);

const pair = fc.nat({ max: 1 });
const place = fc.nat({ max: 7 });
const event = fc.nat({ max: CATALOG.length - 1 });
const content = fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const);
/** Two workers at once: one stops somewhere on its way, the other one does all of its own. */
const race = fc
  .record({
    at: place,
    other: place,
    step: fc.integer({ min: 2, max: 24 }),
    isSame: fc.boolean(),
    fault,
  })
  .map(
    ({ at, other, step, isSame, fault: wrong }) =>
      new Move(
        'race',
        ({ workers, queues }) => workers.every(({ isFree }) => isFree) && isTakeable(queues.inbox),
        async (world) => {
          const { jobs } = world.queues.inbox;
          if (isSame) jobs.push(jobs[at % jobs.length]!);
          const [first] = world.workers;
          await world.work(0, at, { kind: 'stalls', step, when: 'before' });
          if (jobs.length > 0) await world.work(1, isSame ? jobs.length - 1 : other, wrong);
          if (first!.process.isStopped) await world.resume(first!, null);
        },
      ),
  );

/** Everybody does what there is to do, and nothing goes wrong. */
const flow = fc.constant(
  new Move(
    'flow',
    ({ workers, relays, queues }) =>
      workers[0]!.isFree && relays[0]!.isFree && isTakeable(queues.inbox),
    async (world) => {
      while (world.queues.inbox.jobs.length > 0 && world.workers[0]!.isFree) {
        await world.work(0, 0, null);
      }
      if (hasMessages(world)) await world.relay(0, null);
    },
  ),
);

const consumer = fc.constantFrom<ConsumerName>(...CONSUMERS.map(({ name }) => name));
const queue = fc.constantFrom(
  'inbox' as const,
  'inbox' as const,
  'books' as const,
  'access' as const,
);

const deliver = fc
  .record({
    deliveries: fc.array(fc.record({ event, content }), { minLength: 1, maxLength: 3 }),
    fault,
  })
  .map(
    ({ deliveries, fault: wrong }) =>
      new Move(
        'deliver',
        ({ receiver }) => receiver.isFree,
        (world) =>
          world.deliver(
            deliveries.map((one) => ({ event: CATALOG[one.event]!, content: one.content })),
            wrong,
          ),
      ),
  );

const work = fc.record({ by: pair, at: place, fault }).map(
  ({ by, at, fault: wrong }) =>
    new Move(
      'work',
      ({ workers, queues }) => workers[by]!.isFree && isTakeable(queues.inbox),
      (world) => world.work(by, at, wrong),
    ),
);

const consume = fc.record({ by: pair, name: consumer, at: place, fault }).map(
  ({ by, name, at, fault: wrong }) =>
    new Move(
      'consume',
      ({ consumers, queues }) => consumers[by]!.isFree && isTakeable(queues[name]),
      (world) => world.consume(by, name, at, wrong),
    ),
);

const sweep = fc.record({ by: pair, fault }).map(
  ({ by, fault: wrong }) =>
    new Move(
      'sweep',
      ({ sweepers, events }) => sweepers[by]!.isFree && events.length > 0,
      (world) => world.sweep(by, wrong),
    ),
);

const relay = fc.record({ by: pair, fault }).map(
  ({ by, fault: wrong }) =>
    new Move(
      'relay',
      (world) => world.relays[by]!.isFree && hasMessages(world),
      (world) => world.relay(by, wrong),
    ),
);

const resume = fc.record({ at: place, fault }).map(
  ({ at, fault: wrong }) =>
    new Move(
      'resume',
      (world) => stoppedOf(world).length > 0,
      (world) => {
        const stopped = stoppedOf(world);
        return world.resume(stopped[at % stopped.length]!, wrong);
      },
    ),
);

const tick = fc.constantFrom(1, 5, 10, 30, 120).map(
  (seconds) =>
    new Move(
      'tick',
      () => true,
      (world) => world.tick(seconds),
    ),
);

/** Sometimes as it was before somebody else was faster. */
const operate = fc
  .record({
    at: place,
    target: fc.constantFrom('events' as const, 'events' as const, 'messages' as const),
    action: fc.constantFrom('replay' as const, 'replay' as const, 'discard' as const),
    isOutdated: fc.constantFrom(false, false, false, true),
    fault,
  })
  .map(
    ({ at, target, action, isOutdated, fault: wrong }) =>
      new Move(
        'operate',
        (world) =>
          world.operator.isFree &&
          (target === 'events' ? world.events : world.dispatches).length > 0,
        (world) => {
          const item = target === 'events' ? eventAt(world, at) : messageAt(world, at);
          const generation = item.generation - Number(isOutdated);
          return world.operate({ target, action, item: { ...item, generation } }, wrong);
        },
      ),
  );

const lose = fc.record({ name: queue, at: place }).map(
  ({ name, at }) =>
    new Move(
      'lose',
      ({ queues }) => queues[name].jobs.length > 0,
      (world) =>
        world.turn(`The queue ${name} loses a job.`, () => void world.queues[name].take(at)),
    ),
);

const double = fc.record({ name: queue, at: place }).map(
  ({ name, at }) =>
    new Move(
      'double',
      ({ queues }) => queues[name].jobs.length > 0,
      (world) =>
        world.turn(
          `The queue ${name} has a job twice.`,
          () => {
            const { jobs } = world.queues[name];
            jobs.push(jobs[at % jobs.length]!);
          },
          false,
        ),
    ),
);

const flush = fc.constant(
  new Move(
    'flush',
    ({ queues }) => Object.values(queues).some(({ jobs }) => jobs.length > 0),
    (world) =>
      world.turn('The queues lose everything.', () => {
        for (const one of Object.values(world.queues)) one.jobs = [];
      }),
  ),
);

/** Nobody hears of an event until a sweeper has rung for it twice: attempts at it are noted then. */
const neglect = fault.map(
  (wrong) =>
    new Move(
      'neglect',
      ({ sweepers, queues, events }) =>
        sweepers[0]!.isFree && !queues.inbox.isAway && events.some(isReceived),
      async (world) => {
        const { sweepers, workers, queues } = world;
        for (let rings = 0; rings < 2 && sweepers[0]!.isFree; rings += 1) {
          await world.turn('The queue inbox loses everything.', () => {
            queues.inbox.jobs = [];
          });
          await world.tick(GRACE_SECONDS);
          await world.sweep(0, null);
        }
        if (workers[0]!.isFree && isTakeable(queues.inbox)) await world.work(0, 0, wrong);
      },
    ),
);

const noticeStalled = fc.constant(
  new Move(
    'notice stalled',
    ({ queues }) => Object.values(queues).some(({ stalled }) => stalled.length > 0),
    (world) =>
      world.turn('The queues give what has stalled to somebody else.', () => {
        for (const one of Object.values(world.queues)) one.returnStalled();
      }),
  ),
);

const away = fc.constant(
  new Move(
    'away',
    () => true,
    (world) => {
      const isAway = !world.queues.inbox.isAway;
      return world.turn(`The queues are ${isAway ? 'away' : 'back'}.`, () => {
        for (const one of Object.values(world.queues)) one.isAway = isAway;
      });
    },
  ),
);

const consumerDown = fc.constant(
  new Move(
    'consumer down',
    () => true,
    (world) =>
      world.turn(`The consumers are ${world.isConsumerUp ? 'down' : 'up'}.`, () => {
        world.isConsumerUp = !world.isConsumerUp;
      }),
  ),
);

const mend = fc.constant(
  new Move(
    'mend',
    ({ isMended }) => !isMended,
    (world) =>
      world.turn('Somebody mends the defect of ours.', () => {
        world.isMended = true;
      }),
  ),
);

/** Everything that may happen, what happens more often more than once. */
const MOVES = [
  ...[deliver, deliver, work, work, work, race, race, flow],
  ...[relay, relay, consume, consume, consume, consume, sweep, resume, resume, tick, tick],
  ...[operate, lose, double, flush, neglect, noticeStalled, away, consumerDown, mend],
];

export const MOVES_MAX = 30;

/** A delivery, and up to {@link MOVES_MAX} moves after it, as far as they are possible. */
export const moves = fc
  .tuple(deliver, fc.commands(MOVES, { maxCommands: MOVES_MAX, size: 'max' }))
  .map(([first, others]) => ({ [Symbol.iterator]: () => [first, ...others][Symbol.iterator]() }));

function isTakeable({ jobs, isAway }: World['queues']['inbox']): boolean {
  return jobs.length > 0 && !isAway;
}

function isReceived({ status }: World['events'][number]): boolean {
  return status === 'received';
}

function hasMessages({ database }: World): boolean {
  return database.tables.outbox.committed().length > 0;
}

function stoppedOf({ places }: World): World['places'] {
  return places.filter(({ process }) => process.isStopped);
}

function eventAt({ events }: World, at: number) {
  const { id, replays } = events[at % events.length]!;
  return { id, consumer: null, generation: replays };
}

function messageAt({ dispatches }: World, at: number) {
  const { message_id: id, consumer: name, tries } = dispatches[at % dispatches.length]!;
  return { id, consumer: name, generation: tries };
}
