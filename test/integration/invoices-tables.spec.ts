import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createInvoicesConsumer } from '../../src/consumers/invoices/invoices.consumer.js';
import { orderMessage } from '../support/messages.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

describe('the tables of invoices', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    const consumer = createInvoicesConsumer({ pool, series: 'INV' });
    await consumer.consume(orderMessage());
    await consumer.consume(orderMessage({ reference: 'order-2', status: 'in_review' }));
    await pool.end();
  });

  afterAll(async () => {
    await database.drop();
  });

  const insert = (values: Record<string, string>) => {
    const row: Record<string, string> = {
      id: 'gen_random_uuid()',
      series: `'INV'`,
      number: '99',
      kind: `'credit_note'`,
      order_reference: `'order-1'`,
      currency: `'EUR'`,
      amount_minor: '1',
      corrects_id: `(select id from invoice_documents)`,
      message_id: 'gen_random_uuid()',
      issued_at: 'now()',
      ...values,
    };
    return database.query(
      `insert into invoice_documents (${Object.keys(row).join(', ')})
         values (${Object.values(row).join(', ')})`,
    );
  };

  it.each([
    ['a change', 'update invoice_documents set amount_minor = 1'],
    ['a removal', 'delete from invoice_documents'],
    ['the removal of all', 'truncate invoice_documents'],
    ['the removal of all from below', 'truncate invoice_series cascade'],
  ])('refuse %s', async (_name, statement) => {
    await expect(database.query(statement)).rejects.toThrow('documents are append-only');
    expect(await database.query('select amount_minor from invoice_documents')).toEqual([
      { amount_minor: '5000' },
    ]);
  });

  it.each<[string, string, Record<string, string>]>([
    ['a number twice', 'number_unique', { number: '1' }],
    ['a second invoice', 'invoice', { kind: `'invoice'`, corrects_id: 'null' }],
    ['an invoice that corrects another', 'corrects_check', { kind: `'invoice'` }],
    ['a correction of nothing', 'corrects_check', { corrects_id: 'null' }],
    ['a correction of what is not there', 'corrects_fkey', { corrects_id: 'gen_random_uuid()' }],
    ['a correction in another currency', 'corrects_fkey', { currency: `'NGN'` }],
    ['a correction of another order', 'corrects_fkey', { order_reference: `'order-2'` }],
    ['an amount of nothing', 'amount_minor_check', { amount_minor: '0' }],
    ['an amount that JSON rounds', 'amount_minor_check', { amount_minor: '9007199254740992' }],
    ['a kind that is none', 'kind_check', { kind: `'receipt'` }],
    ['a series that nobody counts', 'series_fkey', { series: `'OTHER'` }],
  ])('refuse %s', async (_name, constraint, values) => {
    await expect(insert(values)).rejects.toMatchObject({
      constraint: `invoice_documents_${constraint}`,
    });
  });

  it('take what is right', async () => {
    await insert({});
    expect(await database.query('select 1 from invoice_documents')).toHaveLength(2);
  });
});
