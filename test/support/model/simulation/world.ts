import type { AttemptReport } from '../../../../src/inbox/process-ring.js';
import type { Receipt } from '../../../../src/inbox/receive-event.js';
import type { SingleReplay } from '../../../../src/ops/replays/replay-one.js';
import type { Dispatch } from '../../../../src/outbox/dispatch.js';
import { registerConsumers } from '../../../../src/outbox/outbox.queries.js';
import { DEFAULT_ACCOUNT, type PaymentProvider } from '../../../../src/providers/provider.js';
import { testProviders } from '../../translate-events.js';
import { MemoryDatabase } from '../database/memory-database.js';
import type { DispatchRow, InboxRow } from '../database/rows.js';
import { keyOf } from '../database/tables.js';
import { CATALOG, KILLER, POISON, type CatalogEvent } from './catalog.js';
import { checkNow, checkRing } from './invariants.js';
import { MemoryQueue, type Job } from './memory-queue.js';
import { Place } from './place.js';
import type { Planted } from './planted.js';
import { Process, type Fault } from './process.js';
import {
  consumerOf,
  CONSUMERS,
  operatorOf,
  receiverOf,
  relayOf,
  sweeperOf,
  workerOf,
  type ConsumerName,
  type Receiver,
  type Setting,
} from './staff.js';
import { announce, listOf, OUTCOMES, Story, type Delivery } from './story.js';
import { VirtualTime } from './virtual-time.js';

/** Something happened that must not: the story of how it came to it, in numbered sentences. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

const nextTurn = globalThis.setImmediate;

/** Longer than the door leaves between two rings. */
const NEXT_RING_MS = 100;

/**
 * The service and everything around it, in memory: the code of `src/` that receives, works, sweeps,
 * relays, consumes and replays, on a database, queues and a clock that do what they are told.
 *
 * Every method is something that happens. It becomes a sentence of the story, with what came of it,
 * and after each of them the invariants are checked.
 */
export class World {
  readonly time = new VirtualTime();
  readonly database: MemoryDatabase;
  readonly queues: Setting['queues'];
  readonly story = new Story();
  /** What must not happen, and did. */
  readonly violations: string[] = [];

  /** Events whose delivery was answered, by name: a promise. */
  readonly acknowledged = new Map<string, Receipt>();
  /** Events that a provider sends until somebody answers. */
  readonly unanswered = new Set<string>();
  /** Outcomes that were reported of an event since it was sent through last, by inbox id. */
  readonly outcomes = new Map<string, string[]>();
  /** How often something happened to a process that worked on an event, by inbox id. */
  readonly troubles = new Map<string, number>();
  /** How often the queue of a consumer took a try of a message. */
  readonly sent = new Map<string, number>();
  /** When a sweeper claimed its rings last. */
  readonly claimedAtMs = new Map<Process, number>();
  /** When the last ring of a sweeper for an event was claimed, by inbox id; see `checkRing`. */
  readonly rungForMs = new Map<string, number>();
  /** Events that have counted at some time. */
  readonly counted = new Set<string>();
  isConsumerUp = true;
  isMended = false;
  /** True while nothing has gone wrong. */
  isCalm = true;

  readonly receiver: Place<Receiver>;
  readonly workers: readonly Place<(job: Job) => Promise<unknown>>[];
  readonly sweepers: readonly Place<() => Promise<unknown>>[];
  readonly relays: readonly Place<() => Promise<unknown>>[];
  readonly consumers: readonly Place<Record<ConsumerName, (job: Job) => Promise<unknown>>>[];
  readonly operator: Place<ReturnType<typeof operatorOf>>;

  private readonly uninstall: () => void;
  private acts = 0;

  constructor(planted: Planted = {}) {
    this.uninstall = this.time.install();
    this.database = new MemoryDatabase(this.time, planted.statements);
    const queue = (name: string) =>
      new MemoryQueue(name, (to, by, data) => {
        this.added(to, by, data);
      });
    this.queues = { inbox: queue('inbox'), books: queue('books'), access: queue('access') };
    const setting: Setting = {
      database: this.database,
      queues: this.queues,
      providersOf: (process) => this.providersOf(process, planted),
      planted,
      isConsumerUp: () => this.isConsumerUp,
      reported: (by, report) => {
        this.reported(by, report);
      },
      failedJob: (by) => {
        this.story.note(by, 'fails');
      },
    };
    const place = <T>(name: string, equip: (setting: Setting, process: Process) => T) =>
      new Place(
        () => this.open(name),
        (process) => equip(setting, process),
      );
    this.receiver = place('The receiver', receiverOf);
    this.workers = [place('Worker 1', workerOf), place('Worker 2', workerOf)];
    this.sweepers = [place('Sweeper 1', sweeperOf), place('Sweeper 2', sweeperOf)];
    this.relays = [place('Relay 1', relayOf), place('Relay 2', relayOf)];
    const equipConsumer = (given: Setting, process: Process) => ({
      books: consumerOf(given, process, 'books'),
      access: consumerOf(given, process, 'access'),
    });
    this.consumers = [
      place('Consumer worker 1', equipConsumer),
      place('Consumer worker 2', equipConsumer),
    ];
    this.operator = place('The operator', operatorOf);
  }

  /** Begins; to be followed by `close`, whatever happens. */
  static async open(planted?: Planted): Promise<World> {
    const world = new World(planted);
    await registerConsumers(world.database.pool(world.open('Registration')), CONSUMERS);
    return world;
  }

  close(): void {
    this.uninstall();
  }

  /** Everybody who may be stopped, and may go on. */
  get places(): readonly Place<unknown>[] {
    const { receiver, workers, sweepers, relays, consumers, operator } = this;
    return [receiver, ...workers, ...sweepers, ...relays, ...consumers, operator];
  }

  /** Providers deliver events, all at once. */
  async deliver(deliveries: readonly Delivery[], fault: Fault | null): Promise<void> {
    const { process, tools } = this.receiver;
    const answers = new Map<Delivery, string>();
    const isKnown = ({ name }: CatalogEvent) =>
      this.acknowledged.has(name) || this.unanswered.has(name);
    const head = announce(deliveries, isKnown);
    for (const { event } of deliveries) {
      if (!this.acknowledged.has(event.name)) this.unanswered.add(event.name);
    }
    const receive = async (delivery: Delivery): Promise<void> => {
      const { event, content } = delivery;
      const verified = content === 1 && event.other ? event.other.event : event.event;
      try {
        const receipt = await tools.receive(event.provider, DEFAULT_ACCOUNT, verified);
        if (process.isDead) return;
        this.acknowledged.set(event.name, receipt);
        this.unanswered.delete(event.name);
        answers.set(delivery, `acknowledged as ${receipt}`);
      } catch {
        answers.set(delivery, 'refused with 503');
      }
    };
    await this.happen(head, null, () => {
      const task = () => Promise.all(deliveries.map(receive)).then(() => tools.drained());
      process.start(task, fault, () => undefined);
    });
    // What came in shortly after a ring is rung for at the next one.
    await this.time.advance(NEXT_RING_MS, () => this.settle());
    const answered = deliveries.map((one) => {
      const name = deliveries.length === 1 ? 'The delivery' : one.event.name;
      return `${name} is ${answers.get(one) ?? 'not answered'}`;
    });
    this.story.amend(`${listOf(answered)}.`);
    this.check();
  }

  /** A worker takes a ring. */
  async work(index: number, jobIndex: number, fault: Fault | null): Promise<void> {
    const place = this.workers[index]!;
    const job = this.queues.inbox.take(jobIndex)!;
    const names = (job.data as { ids: readonly string[] }).ids.map((id) => this.nameOf(id));
    await this.employ(place, this.queues.inbox, job, fault, {
      head: `${place.process.name} takes the ring for ${listOf(names)}.`,
      task: () => place.tools(job),
    });
  }

  /** A consumer takes a message. */
  async consume(
    index: number,
    name: ConsumerName,
    jobIndex: number,
    fault: Fault | null,
  ): Promise<void> {
    const place = this.consumers[index]!;
    const queue = this.queues[name];
    const job = queue.take(jobIndex)!;
    const { message } = job.data as Dispatch;
    await this.employ(place, queue, job, fault, {
      head: `${place.process.name} takes ${message.type} for ${name}.`,
      task: () => place.tools[name](job),
    });
  }

  async sweep(index: number, fault: Fault | null): Promise<void> {
    const { process, tools } = this.sweepers[index]!;
    await this.happen(`${process.name} looks.`, process, () => {
      process.start(tools, fault, (error) => {
        if (error) this.story.note(process, 'fails');
      });
    });
    this.check();
  }

  async relay(index: number, fault: Fault | null): Promise<void> {
    const { process, tools } = this.relays[index]!;
    await this.happen(`${process.name} makes a pass.`, process, () => {
      process.start(tools, fault, (error) => {
        if (error) this.story.note(process, 'fails');
      });
    });
    this.check();
  }

  /** Somebody sends an event or message through again, or discards it, as he has seen it. */
  async operate(
    wanted: Pick<SingleReplay, 'target' | 'action' | 'item'>,
    fault: Fault | null,
  ): Promise<void> {
    const { process, tools } = this.operator;
    const { item, action } = wanted;
    const name = item.consumer === null ? this.nameOf(item.id) : `a message of ${item.consumer}`;
    const verb = action === 'replay' ? 'sends' : 'discards';
    const again = action === 'replay' ? ' through again' : '';
    await this.happen(`An operator ${verb} ${name}${again}.`, process, () => {
      process.start(
        async () => {
          const isDone = await tools(wanted);
          if (!isDone) this.story.note(process, 'finds that somebody was faster');
        },
        fault,
        (error) => {
          if (error) this.story.note(process, 'fails');
        },
      );
    });
    this.check();
  }

  /** A process that was stopped goes on where it was. */
  async resume(place: Place<unknown>, fault: Fault | null): Promise<void> {
    await this.happen(`${place.process.name} goes on.`, place.process, () => {
      place.process.resume(fault);
    });
    this.check();
  }

  /** Time passes. */
  async tick(seconds: number): Promise<void> {
    await this.happen(`${seconds} seconds pass.`, null, async () => {
      await this.time.advance(seconds * 1000, () => this.settle());
      this.database.expireLocks();
    });
    this.check();
  }

  /** Something happens to the queues or to those around, at once. */
  async turn(sentence: string, change: () => void, isTrouble = true): Promise<void> {
    if (isTrouble) this.isCalm = false;
    await this.happen(sentence, null, change);
    this.check();
  }

  /** Does something, lets everybody go on who can, and tells what came of it. */
  private async happen(
    head: string,
    subject: Process | null,
    what: () => void | Promise<void>,
  ): Promise<void> {
    this.story.begin();
    await what();
    await this.settle();
    this.story.end(head, subject);
  }

  /** Until nobody does anything any more by himself. */
  async settle(): Promise<void> {
    for (let seen = -1; seen !== this.acts;) {
      seen = this.acts;
      await new Promise((resolve) => nextTurn(resolve));
    }
  }

  /** @throws Violation with the story so far */
  check(): void {
    this.violations.push(...this.database.defects, ...checkNow(this));
    this.assertSound();
  }

  assertSound(): void {
    if (this.violations.length > 0) throw new Violation(this.story.toText(this.violations));
  }

  /** The inbox as it is committed. */
  get events(): InboxRow[] {
    return this.database.tables.inbox.committed();
  }

  get dispatches(): DispatchRow[] {
    return this.database.tables.dispatches.committed();
  }

  /** What the story calls an event. */
  nameOf(inboxId: string): string {
    const row = this.events.find(({ id }) => id === inboxId);
    return row ? this.entryOf(row).name : 'a row that is not there';
  }

  entryOf({ event_id }: Pick<InboxRow, 'event_id'>): CatalogEvent {
    return CATALOG.find(({ event }) => event.eventId === event_id)!;
  }

  private async employ(
    place: Place<unknown>,
    queue: MemoryQueue,
    job: Job,
    fault: Fault | null,
    { head, task }: { readonly head: string; readonly task: () => Promise<unknown> },
  ): Promise<void> {
    const { process } = place;
    place.job = { queue, job };
    await this.happen(head, process, () => {
      process.start(task, fault, (error) => {
        place.job = null;
        if (error) this.story.note(process, 'fails');
      });
    });
    const isWaiting = process.isBusy && !process.isStopped && !process.isDead;
    if (isWaiting) this.story.amend('It waits for a lock.');
    else if (!this.story.hasNotes) this.story.amend('It finds nothing to do.');
    this.check();
  }

  /** As a process knows them that translates their events. */
  private providersOf(process: Process, planted: Planted): ReadonlyMap<string, PaymentProvider> {
    const stripe = PROVIDERS.get('stripe')!;
    const translate: PaymentProvider['translate'] = (payload) => {
      const id = String(payload['id']);
      if (id === POISON && !this.isMended) throw new Error('a defect of ours');
      if (id === KILLER && !this.isMended) this.kill(process);
      const facts = stripe.translate(payload);
      return facts && planted.translate ? planted.translate(facts, id) : facts;
    };
    const ours = Object.create(stripe, { translate: { value: translate } }) as PaymentProvider;
    return new Map([...PROVIDERS, ['stripe', ours]]);
  }

  private kill(process: Process): void {
    this.suffered(process, { kind: 'dies', step: 0, when: 'after' }, 'it has read what kills it');
  }

  private open(name: string): Process {
    return new Process(name, this.time, {
      acted: (process, act) => {
        this.acts += 1;
        if (act === 'claim-rings') this.claimedAtMs.set(process, this.time.nowMs);
        // Who does not know whether a ring was heard makes it due again, at once.
        if (act === 'release-rings') this.rungForMs.clear();
      },
      suffered: (process, fault, act) => {
        this.suffered(process, fault, act);
      },
    });
  }

  private suffered(process: Process, { kind, when }: Fault, act: string): void {
    this.isCalm = false;
    this.story.note(process, `${kind} right ${when} ${act}`);
    const place = this.places.find((one) => one.process === process);
    if (kind === 'is cut off') {
      // It is noted that an attempt began, and nobody knows of that, and nobody notes its end.
      if (place?.job && act === 'begin-attempts' && when === 'after') this.trouble(place.job.job);
      return;
    }
    if (!place) return;
    if (place.job) {
      const { queue, job } = place.job;
      queue.stalled.push(job);
      place.job = null;
      if (queue === this.queues.inbox) this.trouble(job);
    }
    if (kind !== 'dies') return;
    process.die((session) => {
      this.database.close(session);
    });
    place.fill();
  }

  private trouble({ data }: Job): void {
    for (const id of (data as { ids: readonly string[] }).ids) {
      this.troubles.set(id, (this.troubles.get(id) ?? 0) + 1);
    }
  }

  private reported(by: Process, { inboxId, outcome, reason }: AttemptReport): void {
    const came = reason === null ? outcome : `${outcome} (${reason})`;
    this.story.note(by, OUTCOMES[outcome](this.nameOf(inboxId), reason));
    if (outcome === 'retry') return;
    this.outcomes.set(inboxId, [...(this.outcomes.get(inboxId) ?? []), came]);
  }

  private added(queue: MemoryQueue, by: Process, data: unknown): void {
    if (queue === this.queues.inbox) {
      const { ids } = data as { ids: readonly string[] };
      this.story.note(by, `rings for ${listOf(ids.map((id) => this.nameOf(id)))}`);
      this.violations.push(...checkRing(this, by, ids));
      return;
    }
    const { message, tries } = data as Dispatch;
    this.story.note(by, `sends ${message.type} to ${queue.name}`);
    const key = keyOf(queue.name, message.id, tries);
    this.sent.set(key, (this.sent.get(key) ?? 0) + 1);
  }
}

const PROVIDERS = testProviders();
