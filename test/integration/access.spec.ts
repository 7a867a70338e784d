import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { createAccessConsumer } from '../../src/consumers/access/access.consumer.js';
import { ACCESS_BY_ORDER_STATUS } from '../../src/consumers/access/access-status.js';
import type { Consumer } from '../../src/consumers/consumer.js';
import type { OrderSnapshot } from '../../src/outbox/message.js';
import { ORDER_STATUSES } from '../../src/payments/order.states.js';
import { permutations } from '../support/facts.js';
import { orderMessage } from '../support/messages.js';
import { openReadApi, type ReadApi } from '../support/read-api.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

type Status = OrderSnapshot['status'];

describe('the access', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let consumer: Consumer;

  beforeEach(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url, max: 8 });
    consumer = createAccessConsumer({ pool });
  });

  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  const grants = () =>
    database.query<{ reference: string; status: string; version: number; changed_at: Date }>(
      `select order_reference as reference, status, version, changed_at
       from access_grants order by order_reference`,
    );
  const deliver = async (...versions: readonly [Status, number][]) => {
    for (const [status, version] of versions) {
      await consumer.consume(orderMessage({ status, version }));
    }
  };

  it('has a name, and is told of orders', () => {
    expect(consumer).toMatchObject({ name: 'access', types: ['order.*'] });
  });

  it('follows an order', async () => {
    const seen: unknown[] = [];
    const statuses: Status[] = ['open', 'paid', 'in_review', 'paid', 'refunded'];
    for (const [index, status] of statuses.entries()) {
      await deliver([status, index + 1]);
      seen.push((await grants())[0]?.status);
    }
    expect(seen).toEqual(['revoked', 'granted', 'held', 'granted', 'revoked']);
  });

  it('remembers when it changed, not when it was told so again', async () => {
    await deliver(['paid', 1]);
    const [granted] = await grants();
    await deliver(['partially_refunded', 2]);
    expect(await grants()).toEqual([{ ...granted, version: 2 }]);
    await deliver(['refunded', 3]);
    const [revoked] = await grants();
    expect(revoked?.changed_at.getTime()).toBeGreaterThan(granted?.changed_at.getTime() ?? NaN);
  });

  it('ignores old news, even before it was ever granted', async () => {
    await deliver(['cancelled', 3], ['paid', 2], ['in_review', 1], ['paid', 3]);
    expect(await grants()).toMatchObject([{ status: 'revoked', version: 3 }]);
    expect(await database.query('select consumer from consumed_messages')).toEqual(
      [1, 2, 3, 4].map(() => ({ consumer: 'access' })),
    );
  });

  it('ends the same in every order of arrival, each message twice and at the same time', async () => {
    const versions: [Status, number][] = [
      ['open', 1],
      ['paid', 2],
      ['in_review', 3],
      ['partially_refunded', 4],
      ['refunded', 5],
    ];
    for (const length of [4, 5]) {
      await Promise.all(
        permutations(versions.slice(0, length)).map(async (order) => {
          const reference = `${length} ${order.map(([, version]) => version).join('-')}`;
          const messages = order.map(([status, version]) =>
            orderMessage({ reference, status, version }),
          );
          for (const message of messages) {
            await Promise.all([consumer.consume(message), consumer.consume(message)]);
          }
        }),
      );
    }
    const all = await grants();
    expect(all).toHaveLength(24 + 120);
    for (const { reference, status, version } of all) {
      const last = reference.startsWith('4') ? ['granted', 4] : ['revoked', 5];
      expect([reference, status, version]).toEqual([reference, ...last]);
    }
  });

  it('is what the newest version says when everything is told at once', async () => {
    const statuses = fc.array(fc.constantFrom(...ORDER_STATUSES), { minLength: 1, maxLength: 8 });
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(statuses, async (told) => {
        const reference = `turn-${(turn += 1)}`;
        const messages = told.map((status, index) =>
          orderMessage({ reference, status, version: index + 1 }),
        );
        await Promise.all([...messages, ...messages].map((message) => consumer.consume(message)));
        const access = (await grants()).find((one) => one.reference === reference);
        expect(access).toMatchObject({
          status: ACCESS_BY_ORDER_STATUS[told.at(-1)!],
          version: told.length,
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is refused for good when the message is not about an order', async () => {
    const message = { ...orderMessage(), data: {} };
    await expect(consumer.consume(message)).rejects.toMatchObject({ code: 'consumer_refused' });
    expect(await grants()).toEqual([]);
    expect(await database.query('select 1 from consumed_messages')).toEqual([]);
  });

  describe('GET /v1/access/{reference}', () => {
    let api: ReadApi;

    beforeEach(async () => {
      api = await openReadApi(database.url);
    });

    afterEach(() => api.close());

    it('tells the access of an order', async () => {
      const reference = 'order 2/ü';
      await consumer.consume(orderMessage({ reference, status: 'in_review', version: 4 }));
      expect(await api.get(`/v1/access/${encodeURIComponent(reference)}`)).toEqual({
        status: 200,
        body: {
          orderReference: reference,
          status: 'held',
          version: 4,
          changedAt: expect.stringMatching(/^20.*Z$/),
        },
      });
    });

    it('says that nothing is known of an order', async () => {
      expect(await api.get('/v1/access/order-1')).toMatchObject({
        status: 404,
        body: { code: 'not_found' },
      });
    });

    it('refuses who may not read', async () => {
      expect(await api.get('/v1/access/order-1', null)).toMatchObject({ status: 401 });
    });
  });
});
