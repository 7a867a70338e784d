import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createAccessConsumer } from '../../src/consumers/access/access.consumer.js';
import { createInvoicesConsumer } from '../../src/consumers/invoices/invoices.consumer.js';
import { inTransaction } from '../../src/database/transaction.js';
import { toMessage, type StoredMessage } from '../../src/outbox/dispatch.js';
import { createOrder } from '../../src/payments/create-order.js';
import { differences, readActual } from '../proof/actual.js';
import { foldWorld, isLegalOrderMove, isLegalPaymentMove } from '../proof/model.js';
import { randomFrom } from '../proof/random.js';
import {
  LIFE_KINDS,
  lifeOfKind,
  livesFrom,
  type Life,
  type ProofEvent,
  type ProofOrder,
} from '../proof/stories.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SEED = 20_260_302;
/** Of each kind, and as they come. */
const OF_EACH_KIND = 4;
const AS_THEY_COME = 100;
/** What happens at once. */
const AT_ONCE = 64;
const REPEATED_SHARE = 0.2;

const random = randomFrom(SEED);

describe('the model of the proof and a database', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;
  const lives = [...livesOfEachKind(), ...livesAsTheyCome()];

  beforeAll(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: 8 });
  });

  afterAll(async () => {
    await pool.end();
    await harness.close();
    await database.drop();
  });

  it('come to the same, whatever is told and created when, by whom and how often', async () => {
    const actions = inDisorder(lives.flatMap(actionsOf));
    while (actions.length > 0) {
      const from = harness.recorded.length;
      await Promise.all(actions.splice(0, AT_ONCE).map((act) => act()));
      const ids = harness.recorded.slice(from);
      const half = Math.ceil(ids.length / 2);
      await Promise.all([harness.ring(ids.slice(0, half)), harness.ring(ids.slice(half / 2))]);
      await harness.ring();
    }
    await tellConsumers();

    const events = lives.flatMap((life) => life.events);
    const orders = lives.flatMap(({ order }) => order ?? []);
    const expected = foldWorld(events, orders);
    expect(differences(expected, await actual(null))).toEqual([]);
    expect(expected.orders.size).toBeGreaterThan(200);

    const [one, other] = lives as [Life, Life];
    const some = foldWorld([...one.events, ...other.events], [one.order!, other.order!]);
    expect(differences(some, await actual([one.tag, other.tag]))).toEqual([]);
  });

  it('are told apart where a single field is not as it should be', async () => {
    const life = lives.find(({ kind }) => kind === 'stripe: refunded in part')!;
    const { reference } = life.order!;
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `update payments set amount_refunded_minor = amount_refunded_minor + 1
         where provider_payment_id like $1`,
        [`%${life.tag}%`],
      );
      await client.query(`update access_grants set status = 'held' where order_reference = $1`, [
        reference,
      ]);
      await client.query(
        `insert into reviews (id, order_id, reason)
         select gen_random_uuid(), id, 'paid_twice' from orders where reference = $1`,
        [reference],
      );
      const query = async (sql: string, values: unknown[]) =>
        (await client.query<Record<string, unknown>>(sql, values)).rows;
      const found = await readActual(query, [life.tag]);
      expect(differences(foldWorld(life.events, [life.order!]), found)).toEqual([
        expect.stringMatching(/^payment .*: amountRefundedMinor should be \d+ and is \d+$/),
        `order ${reference}: openReviews should be [] and is ["paid_twice"]`,
        `order ${reference}: hasAccess should be true and is false`,
      ]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('call the same moves legal', async () => {
    const moves = await database.query<{ from: string | null; to: string; isPayment: boolean }>(
      `select distinct from_status as from, to_status as to, payment_id is not null as "isPayment"
       from transitions where dispute_id is null`,
    );
    expect(moves.length).toBeGreaterThan(20);
    const illegal = moves.filter(({ from, to, isPayment }) =>
      isPayment ? !isLegalPaymentMove(from, to) : !isLegalOrderMove(from, to),
    );
    expect(illegal).toEqual([]);
  });

  function actual(tags: readonly string[] | null) {
    return readActual((sql, values) => database.query(sql, values), tags);
  }

  /** Everything that happens in a life, some of it more than once. */
  function actionsOf({ events, order }: Life): (() => Promise<unknown>)[] {
    const repeated = events.filter(() => random.happens(REPEATED_SHARE));
    return [
      ...[...events, ...repeated].map((event) => () => deliver(event)),
      ...(order ? [() => create(order)] : []),
    ];
  }

  function deliver({ provider, body }: ProofEvent): Promise<unknown> {
    return harness.deliver(provider, body.toString());
  }

  function create({ amountMinor, ...order }: ProofOrder): Promise<unknown> {
    const terms = { ...order, amountDueMinor: BigInt(amountMinor), metadata: {} };
    return inTransaction(pool, (tx) => createOrder(tx, terms));
  }

  /** All messages about orders in no order, some of them twice. */
  async function tellConsumers(): Promise<void> {
    const consumers = [
      createInvoicesConsumer({ pool, series: 'PROOF' }),
      createAccessConsumer({ pool }),
    ];
    const rows = await database.query<StoredMessage & Record<string, unknown>>(
      `select id as "messageId", type, aggregate, aggregate_id as "aggregateId",
              version, subject, data, created_at as "createdAt"
       from outbox where aggregate = 'order'`,
    );
    const repeated = rows.filter(() => random.happens(REPEATED_SHARE));
    const waiting = inDisorder([...rows, ...repeated]);
    while (waiting.length > 0) {
      await Promise.all(
        waiting
          .splice(0, AT_ONCE)
          .flatMap((row) => consumers.map((consumer) => consumer.consume(toMessage(row, '/test')))),
      );
    }
  }
});

function livesOfEachKind(): Life[] {
  return LIFE_KINDS.flatMap((kind, index) =>
    Array.from({ length: OF_EACH_KIND }, (_, turn) => lifeOfKind(kind, `k${index}t${turn}e`)),
  );
}

function livesAsTheyCome(): Life[] {
  const from = livesFrom(SEED, 'model');
  return Array.from({ length: AS_THEY_COME }, () => from.next().value as Life);
}

function inDisorder<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: random.next() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
