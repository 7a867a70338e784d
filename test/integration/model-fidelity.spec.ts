import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { insertEvents, type InboxInsert } from '../../src/inbox/inbox.queries.js';
import { processRing, type RingContext } from '../../src/inbox/process-ring.js';
import { registerConsumers } from '../../src/outbox/outbox.queries.js';
import { DEFAULT_ACCOUNT, type VerifiedEvent } from '../../src/providers/provider.js';
import { findProviderEntry, type ProviderName } from '../../src/providers/providers.js';
import { MemoryDatabase } from '../support/model/database/memory-database.js';
import { memorySide, DIRECT, Side, type Known } from '../support/model/fidelity/both.js';
import { booksOfMemory, booksOfPostgres } from '../support/model/fidelity/books.js';
import { setClock, takeClock } from '../support/model/fidelity/clocked-postgres.js';
import { dumpMemory, dumpPostgres, normalized } from '../support/model/fidelity/dumps.js';
import { PAYMENT_ID, steps, type Step } from '../support/model/fidelity/steps.js';
import { randomBodies } from '../support/model/random-events.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { TEST_SECRET, testProviders } from '../support/translate-events.js';

const SEQUENCES = 250;
const LIVES = 60;
const PROVIDERS = testProviders();
const rings = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
const START_MS = Date.UTC(2027, 0, 1);
const CONSUMERS = [
  { name: 'books', patterns: ['%'] },
  { name: 'access', patterns: ['order.%'] },
];
const EMPTY = `
  delete from dispatches; delete from outbox; delete from inbox_conflicts; delete from inbox_bodies; delete from inbox;`;
const EMPTY_BOOKS = `
  update inbox set payment_id = null;
  delete from dispatches; delete from outbox; delete from ledger_transfers;
  delete from transitions; delete from reviews; delete from disputes; delete from parked_facts;
  delete from payment_parts; delete from payment_facts; delete from payments; delete from orders;
  delete from inbox_conflicts; delete from inbox_bodies; delete from inbox;`;

describe('the in-memory database of the model', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = await takeClock(database, START_MS);
    await registerConsumers(pool, CONSUMERS);
    await database.query(
      `insert into payments (id, provider, account, provider_payment_id, status, livemode)
       values ($1, 'stripe', 'default', 'pi_1', 'initiated', true)`,
      [PAYMENT_ID],
    );
  });

  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it(`does what PostgreSQL does with our statements, in ${SEQUENCES} random sequences of them`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (some) => {
        await database.query(EMPTY);
        const pair = await Pair.open(database, pool);
        try {
          for (const step of some) await pair.take(step);
        } finally {
          await pair.close();
        }
      }),
      { numRuns: SEQUENCES },
    );
  }, 300_000);

  it(`comes to the same payments, orders and messages in ${LIVES} random lives`, async () => {
    await database.query('alter table ledger_transfers disable trigger user');
    await fc.assert(
      fc.asyncProperty(randomBodies, rings, async (bodies, cuts) => {
        await database.query(EMPTY_BOOKS);
        const memory = new MemoryDatabase({ nowMs: START_MS });
        const events = bodies.map(({ provider, body }, index) => {
          const event = verified(provider, { ...body, id: `evt_${index}` });
          return { id: uuidv7(), provider, account: 'default', event };
        });
        const told: string[][] = [];
        for (const on of [pool, memory.pool(DIRECT)]) told.push(await live(on, events, cuts));
        expect(told[1]).toEqual(told[0]);
        expect(booksOfMemory(memory)).toEqual(await booksOfPostgres(database));
      }),
      { numRuns: LIVES },
    );
  }, 300_000);
});

/** Records events and works on them, ring by ring; each ring repeats some that were there before. */
async function live(
  on: pg.Pool,
  events: readonly InboxInsert[],
  cuts: readonly number[],
): Promise<string[]> {
  const told: string[] = [];
  const context: RingContext = {
    pool: on,
    providers: PROVIDERS,
    backoff: { baseSeconds: 10, factor: 2, capSeconds: 40 },
    attemptsMax: 3,
    fetch: () => Promise.reject(new Error('there is no provider to ask')),
    report: ({ inboxId, outcome, reason }) => {
      told.push(`${inboxId} ${outcome} ${reason ?? ''}`);
    },
  };
  for (let from = 0, turn = 0; from < events.length; turn += 1) {
    const ring = events.slice(from, from + (cuts[turn % cuts.length] ?? 1));
    const recorded = await insertEvents(on, ring, 10);
    await processRing(context, [...recorded, ...events.slice(0, turn).map(({ id }) => id)]);
    from += ring.length;
  }
  return told;
}

function verified(provider: ProviderName, payload: object): VerifiedEvent {
  const body = Buffer.from(JSON.stringify(payload));
  const nowMs = Date.now();
  const headers = findProviderEntry(provider)!.sign({
    body,
    secret: TEST_SECRET,
    signedAtMs: nowMs,
  });
  const request = { headers, body, account: DEFAULT_ACCOUNT, receivedAtMs: nowMs };
  return PROVIDERS.get(provider)!.verify(request);
}

/** Both databases, to which the same happens. */
class Pair {
  private readonly clock = { nowMs: START_MS };
  private readonly memory = new MemoryDatabase(this.clock, {}, 0);
  private readonly sides: readonly Side[];
  private readonly taken: string[] = [];

  private constructor(
    private readonly database: TestDatabase,
    pool: pg.Pool,
  ) {
    this.sides = [new Side(pool), memorySide(this.memory)];
  }

  static async open(database: TestDatabase, pool: pg.Pool): Promise<Pair> {
    const pair = new Pair(database, pool);
    await registerConsumers(pair.memory.pool(DIRECT), CONSUMERS);
    await setClock(database, pair.clock.nowMs);
    return pair;
  }

  /** Takes a step on both sides, and compares what they say and what they have. */
  async take(step: Step): Promise<void> {
    this.taken.push(step.kind === 'ask' ? step.name : step.kind);
    const answers = await this.answersTo(step);
    const dumps = [await dumpPostgres(this.database), dumpMemory(this.memory)];
    const [real, ours] = answers.map((answer, side) => {
      return { taken: this.taken, answer: normalized(answer), dump: dumps[side] };
    });
    expect(ours).toEqual(real);
    expect(this.memory.defects).toEqual([]);
  }

  async close(): Promise<void> {
    for (const side of this.sides) await side.end('rollback');
  }

  private async answersTo(step: Step): Promise<unknown[]> {
    const isOpen = this.sides[0]!.isOpen;
    if (step.kind === 'ask') {
      const known = this.known();
      const answers: unknown[] = [];
      for (const side of this.sides) {
        answers.push(await side.ask(step.question, known, step.isInside));
      }
      return answers;
    }
    // `now()` stands still inside a transaction, and the clock of this PostgreSQL does not.
    if (step.kind === 'tick' && !isOpen) {
      this.clock.nowMs += step.seconds * 1000;
      await setClock(this.database, this.clock.nowMs);
    }
    for (const side of this.sides) {
      if (step.kind === 'begin' && !isOpen) await side.begin();
      if (step.kind === 'commit' || step.kind === 'rollback') await side.end(step.kind);
    }
    return [null, null];
  }

  private known(): Known {
    const { inbox, dispatches } = this.memory.tables;
    return {
      events: new Map(inbox.committed().map(({ event_id, id }) => [event_id, id])),
      messages: [...new Set(dispatches.committed().map((row) => row.message_id))].sort(),
    };
  }
}
