import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createAccessConsumer } from '../../src/consumers/access/access.consumer.js';
import { createInvoicesConsumer } from '../../src/consumers/invoices/invoices.consumer.js';
import { toMessage, type StoredMessage } from '../../src/outbox/dispatch.js';
import { permutations } from '../support/facts.js';
import { lifecycles } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { storedResult } from '../support/stored-result.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { toldResult } from '../support/told-result.js';

/** Orders of arrival of each life, and messages that come twice. */
const ORDERS_MAX = 40;
const REPEATED = 3;
const AT_ONCE = 6;

describe('the same events in many orders, and what others make of the messages', () => {
  let database: TestDatabase;
  let harness: RingHarness;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
    pool = new pg.Pool({ connectionString: database.url, max: AT_ONCE });
  });

  afterAll(async () => {
    await pool.end();
    await harness.close();
    await database.drop();
  });

  const names = lifecycles('x').map(({ name }) => name);

  it.each(names)('ends with the same balances, invoices and access for %s', async (name) => {
    const kind = names.indexOf(name);
    const size = lifecycles('x')[kind]!.events.length;
    const orders = permutations([...Array(size).keys()]);
    const step = Math.max(1, Math.floor(orders.length / ORDERS_MAX));
    const chosen = orders.filter((_order, index) => index % step === 0).slice(0, ORDERS_MAX);
    const ids = chosen.map((_order, index) => `t${kind}n${index}e`);

    for (let round = 0; round < size; round += 1) {
      await Promise.all(
        chosen.map((order, index) => {
          const life = lifecycles(ids[index]!)[kind]!;
          return harness.deliver(life.provider, life.events[order[round]!]!);
        }),
      );
      await harness.ring();
    }
    await tellEverybody(kind);

    const results = await Promise.all(
      ids.map(async (id) => ({
        ...((await storedResult(database, id)) as object),
        ...((await toldResult(database, id)) as object),
      })),
    );
    for (const [index, result] of results.entries()) {
      expect({ order: chosen[index], result }).toEqual({
        order: chosen[index],
        result: results[0],
      });
    }
  });

  it('gave every invoice the next number of its series', async () => {
    const numbers = await database.query<{ number: number }>(
      `select number::int from invoice_documents order by number`,
    );
    expect(numbers.length).toBeGreaterThan(names.length);
    expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_row, index) => index + 1));
  });

  /** All messages of these lives, some of them twice, in no order, to several workers at once. */
  async function tellEverybody(kind: number): Promise<void> {
    const consumers = [
      createInvoicesConsumer({ pool, series: 'LIFE' }),
      createAccessConsumer({ pool }),
    ];
    const rows = await database.query<StoredMessage & Record<string, unknown>>(
      `select id as "messageId", type, aggregate, aggregate_id as "aggregateId",
              version, subject, data, created_at as "createdAt"
       from outbox where aggregate = 'order' and subject like $1
       order by md5(id::text)`,
      [`%t${kind}n%`],
    );
    const repeated = rows.filter((_row, index) => index % REPEATED === 0);
    const waiting = [...rows, ...repeated].flatMap((row) =>
      consumers.map((consumer) => ({ consumer, row })),
    );
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        await next.consumer.consume(toMessage(next.row, '/test'));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }
});
