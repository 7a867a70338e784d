import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createInvoicesConsumer } from '../../src/consumers/invoices/invoices.consumer.js';
import { orderLife } from '../support/messages.js';
import { openReadApi, type ReadApi } from '../support/read-api.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('GET /v1/invoices', () => {
  let database: TestDatabase;
  let api: ReadApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    const consumer = createInvoicesConsumer({ pool, series: 'INV' });
    for (const message of ['order-1', 'order 2/?'].flatMap((one) => orderLife(one))) {
      await consumer.consume(message);
    }
    await pool.end();
    api = await openReadApi(database.url);
  });

  afterAll(async () => {
    await api.close();
    await database.drop();
  });

  it('shows documents, newest first', async () => {
    const { status, body } = await api.get('/v1/invoices?order=order-1');
    expect(status).toBe(200);
    const [invoice] = await database.query<{ id: string }>(
      'select id from invoice_documents where number = 1',
    );
    const shown = { orderReference: 'order-1', series: 'INV', currency: 'EUR' };
    const at = { id: expect.any(String), issuedAt: expect.stringMatching(/^20.*Z$/) };
    const correction = { ...shown, ...at, correctsId: invoice?.id };
    expect(body).toEqual({
      data: [
        { ...correction, number: 4, kind: 'debit_note', amountMinor: 3000 },
        { ...correction, number: 3, kind: 'credit_note', amountMinor: 3000 },
        { ...correction, number: 2, kind: 'credit_note', amountMinor: 2000 },
        {
          ...shown,
          ...at,
          id: invoice?.id,
          number: 1,
          kind: 'invoice',
          amountMinor: 5000,
          correctsId: null,
        },
      ],
      nextCursor: null,
    });
  });

  it('goes from page to page', async () => {
    const numbers: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await api.get(`/v1/invoices?limit=3${cursor && `&cursor=${cursor}`}`);
      const page = body as { data: { number: number }[]; nextCursor: string | null };
      numbers.push(...page.data.map(({ number }) => number));
      cursor = page.nextCursor;
    }
    expect(numbers).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it('finds the order whatever its reference is made of, and nothing of others', async () => {
    const of = async (reference: string) =>
      (await api.get(`/v1/invoices?order=${encodeURIComponent(reference)}`)).body;
    expect(await of('order 2/?')).toMatchObject({ data: { length: 4 } });
    expect(await of('order-3')).toEqual({ data: [], nextCursor: null });
  });

  it('refuses who may not read, and what it cannot read', async () => {
    expect(await api.get('/v1/invoices', null)).toMatchObject({ status: 401 });
    for (const query of ['order=', 'cursor=x', 'limit=201', 'series=INV', 'order=%00']) {
      expect(await api.get(`/v1/invoices?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'bad_request' },
      });
    }
  });
});
