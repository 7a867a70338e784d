import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Consumer } from '../../src/consumers/consumer.js';
import { createInvoicesConsumer } from '../../src/consumers/invoices/invoices.consumer.js';
import type { Message } from '../../src/outbox/message.js';
import { permutations } from '../support/facts.js';
import { orderLife, orderMessage } from '../support/messages.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

interface DocumentRow {
  readonly id: string;
  readonly number: number;
  readonly kind: string;
  readonly reference: string;
  readonly currency: string;
  readonly minor: number;
  readonly corrects_id: string | null;
  readonly message_id: string;
}

describe('the invoices', () => {
  let database: TestDatabase;
  let pools: pg.Pool[];
  let one: Consumer;
  let other: Consumer;

  beforeEach(async () => {
    database = await createTestDatabase();
    pools = [1, 2].map(() => new pg.Pool({ connectionString: database.url, max: 8 }));
    [one, other] = pools.map((pool) => createInvoicesConsumer({ pool, series: 'INV' })) as [
      Consumer,
      Consumer,
    ];
  });

  afterEach(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  const documents = (reference?: string) =>
    database.query<DocumentRow>(
      `select id, number::int, kind, order_reference as reference, currency,
              amount_minor::int as minor, corrects_id, message_id
       from invoice_documents where order_reference = coalesce($1, order_reference)
       order by number`,
      [reference ?? null],
    );
  const nextNumber = async () =>
    (await database.query<{ next: string }>('select next_number as next from invoice_series'))[0]
      ?.next;
  const deliver = async (...messages: readonly Message[]) => {
    for (const message of messages) await one.consume(message);
  };

  it('have a name, and are told of orders', () => {
    expect(one).toMatchObject({ name: 'invoices', types: ['order.*'] });
  });

  it('follow an order from its payment to its refunds', async () => {
    const [created, paid, partly, refunded, failed] = orderLife('order-1');
    await deliver(created);
    expect(await documents()).toEqual([]);
    await deliver(paid, partly, refunded, failed);

    const [invoice, ...corrections] = await documents();
    expect(invoice).toMatchObject({
      number: 1,
      kind: 'invoice',
      reference: 'order-1',
      currency: 'EUR',
      minor: 5000,
      corrects_id: null,
      message_id: paid.id,
    });
    expect(corrections).toMatchObject([
      { number: 2, kind: 'credit_note', minor: 2000, message_id: partly.id },
      { number: 3, kind: 'credit_note', minor: 3000, message_id: refunded.id },
      { number: 4, kind: 'debit_note', minor: 3000, message_id: failed.id },
    ]);
    expect(corrections.map((correction) => correction.corrects_id)).toEqual(
      corrections.map(() => invoice?.id),
    );
    expect(await nextNumber()).toBe('5');
  });

  it('give an order that is refunded already its invoice and what takes it back', async () => {
    const message = orderMessage({ status: 'refunded', amountRefundedMinor: 5000, version: 3 });
    await deliver(message);
    const [invoice, credit] = await documents();
    expect(invoice).toMatchObject({ number: 1, kind: 'invoice', minor: 5000 });
    expect(credit).toMatchObject({ number: 2, kind: 'credit_note', corrects_id: invoice?.id });
  });

  it('start where somebody has told a series to start, each series by itself', async () => {
    await database.query(`insert into invoice_series (series, next_number) values ('INV', 1001)`);
    const [pool] = pools as [pg.Pool];
    await deliver(orderMessage({ reference: 'a' }));
    await createInvoicesConsumer({ pool, series: 'B' }).consume(orderMessage({ reference: 'b' }));
    expect(
      await database.query('select series, number::int from invoice_documents order by series'),
    ).toEqual([
      { series: 'B', number: 1 },
      { series: 'INV', number: 1001 },
    ]);
  });

  it('ignore old news, and what is told again in other words', async () => {
    await deliver(
      orderMessage({ status: 'in_review', version: 4 }),
      orderMessage({ status: 'paid', version: 3 }),
    );
    expect(await documents()).toEqual([]);
    await deliver(
      orderMessage({ version: 5 }),
      orderMessage({ type: 'order.review_resolved', version: 5 }),
      orderMessage({ status: 'refunded', amountRefundedMinor: 5000, version: 5 }),
      orderMessage({ status: 'refunded', amountRefundedMinor: 5000, version: 2 }),
    );
    expect(await documents()).toMatchObject([{ kind: 'invoice', minor: 5000 }]);
    expect(await database.query('select count(*)::int from consumed_messages')).toEqual([
      { count: 6 },
    ]);
  });

  it('are not issued again when it is forgotten that a message was consumed', async () => {
    const message = orderMessage();
    await deliver(message);
    await database.query('delete from consumed_messages');
    await deliver(message);
    expect(await documents()).toHaveLength(1);
  });

  describe('in every order of arrival, each message twice', () => {
    const LIVES: [string, (reference: string) => Message[]][] = [
      ['paid and refunded in two parts', (reference) => orderLife(reference).slice(0, 4)],
      [
        'a refund that fails',
        (reference) => [...orderLife(reference).slice(0, 3), failedAt(reference)],
      ],
      ['paid twice, reviewed and refunded once', reviewedLife],
    ];

    it.each(LIVES)('end the same: %s', async (_name, make) => {
      const orders = permutations(make('in order').map((_, index) => index));
      const deliveries = orders.map((order) => {
        const messages = make(order.join('-'));
        return order.map((index) => messages[index]!);
      });
      await deliver(...make('in order'));
      await Promise.all(
        deliveries.map(async (messages) => {
          for (const message of messages) await one.consume(message);
          for (const message of messages.toReversed()) await other.consume(message);
        }),
      );
      const expected = summary(await documents('in order'));
      for (const order of orders) {
        expect(summary(await documents(order.join('-')))).toEqual(expected);
      }
      expectNoGap(await documents());
    });

    it('credit in one note what nobody told in two', async () => {
      await deliver(...orderLife('order-1').slice(0, 4).toReversed());
      expect((await documents()).map(({ kind, minor }) => [kind, minor])).toEqual([
        ['invoice', 5000],
        ['credit_note', 5000],
      ]);
    });
  });

  describe('at the same time', () => {
    it('number 200 orders without a gap, whoever is told how often', async () => {
      const references = Array.from({ length: 200 }, (_, index) => `order-${index}`);
      const messages = references.flatMap((reference, index) => {
        const all = orderLife(reference);
        return index % 4 === 0 ? all.slice(0, 3) : all.slice(0, 2);
      });
      const thrice = [messages, shuffled(messages, 7), shuffled(messages, 11)].flat();
      await Promise.all(
        shuffled(thrice, 5).map((message, index) => (index % 2 ? one : other).consume(message)),
      );

      const all = await documents();
      expect(
        all.filter(({ kind }) => kind === 'invoice').map(({ reference }) => reference),
      ).toEqual(expect.arrayContaining(references));
      expect(all.filter(({ kind }) => kind === 'invoice')).toHaveLength(200);
      expect(all.filter(({ kind }) => kind === 'credit_note')).toHaveLength(50);
      expect(all).toHaveLength(250);
      expectNoGap(all);
      expect(
        await database.query(`
          select count(*)::int from invoice_documents d
          join invoice_documents later on later.number > d.number and later.issued_at < d.issued_at`),
      ).toEqual([{ count: 0 }]);
    });

    it('issue once what two consumers are told at once', async () => {
      for (let turn = 0; turn < 25; turn += 1) {
        const message = orderMessage({ reference: `order-${turn}` });
        await Promise.all([one, other].map((consumer) => consumer.consume(message)));
      }
      expect(await documents()).toHaveLength(25);
      expectNoGap(await documents());
    });

    it('invoice once when all versions of an order are told at once', async () => {
      for (let turn = 0; turn < 25; turn += 1) {
        const messages = orderLife(`order-${turn}`);
        await Promise.all(
          messages.flatMap((message) => [one.consume(message), other.consume(message)]),
        );
        const issued = await documents(`order-${turn}`);
        expect(summary(issued)).toMatchObject({ invoice: 5000, net: 3000 });
      }
      expectNoGap(await documents());
    });
  });

  describe('what fails', () => {
    it('gives its number back when the document is refused', async () => {
      await deliver(orderMessage({ reference: 'before' }));
      await database.query(
        `alter table invoice_documents add constraint odd check (order_reference <> 'failing')`,
      );
      const failing = orderMessage({ reference: 'failing' });
      await expect(one.consume(failing)).rejects.toThrow(pg.DatabaseError);
      expect(await nextNumber()).toBe('2');
      await deliver(orderMessage({ reference: 'after' }));
      await database.query('alter table invoice_documents drop constraint odd');
      await deliver(failing);
      expect((await documents()).map(({ reference }) => reference)).toEqual([
        'before',
        'after',
        'failing',
      ]);
      expectNoGap(await documents());
    });

    it('gives its number back when not even the commit succeeds, and others wait for it', async () => {
      await database.query(`
        create function refuse_late() returns trigger language plpgsql as $$
        begin
          perform pg_sleep(0.02);
          raise exception 'too late';
        end $$`);
      await database.query(`
        create constraint trigger late after insert on invoice_documents
          deferrable initially deferred for each row
          when (new.order_reference like 'failing%') execute function refuse_late()`);
      const failing = [1, 2, 3, 4, 5, 6].map((n) => orderMessage({ reference: `failing-${n}` }));
      const sound = [1, 2, 3, 4, 5, 6].map((n) => orderMessage({ reference: `sound-${n}` }));
      const attempts = failing.flatMap((message, index) => [
        one.consume(message),
        other.consume(sound[index]!),
      ]);
      const results = await Promise.allSettled(attempts);
      expect(results.map(({ status }) => status)).toEqual(
        failing.flatMap(() => ['rejected', 'fulfilled']),
      );
      expect(await documents()).toHaveLength(6);
      expectNoGap(await documents());

      await database.query('drop trigger late on invoice_documents');
      await deliver(...failing);
      expect(await documents()).toHaveLength(12);
      expectNoGap(await documents());
    });

    it('leaves no trace: neither the message nor the version counts as known', async () => {
      await deliver(orderMessage({ version: 1 }));
      const wrong = orderMessage({ currency: 'NGN', version: 2 });
      await expect(one.consume(wrong)).rejects.toMatchObject({ code: 'consumer_refused' });
      expect(await database.query('select version from invoice_orders')).toEqual([{ version: 1 }]);
      expect(await database.query('select 1 from consumed_messages')).toHaveLength(1);
      expect(await documents()).toHaveLength(1);
    });

    it('is refused for good when the message is not about an order', async () => {
      const message = { ...orderMessage(), data: { order: { status: 'shipped' } } };
      await expect(one.consume(message)).rejects.toMatchObject({
        code: 'consumer_refused',
        message: expect.stringContaining('order.status'),
      });
      expect(await database.query('select 1 from consumed_messages')).toEqual([]);
    });
  });
});

function failedAt(reference: string): Message {
  return orderMessage({ reference, version: 4 });
}

function reviewedLife(reference: string): Message[] {
  const twice = { reference, amountPaidMinor: 10_000 };
  return [
    ...orderLife(reference).slice(0, 2),
    orderMessage({ ...twice, status: 'in_review', version: 3 }),
    orderMessage({
      ...twice,
      type: 'order.review_resolved',
      amountRefundedMinor: 5000,
      version: 4,
    }),
    orderMessage({ ...twice, amountRefundedMinor: 6000, status: 'partially_refunded', version: 5 }),
  ];
}

/** What is the same in every order of arrival: the invoice, and what all add up to. */
function summary(rows: readonly DocumentRow[]): { invoice: number | undefined; net: number } {
  const invoices = rows.filter(({ kind }) => kind === 'invoice');
  expect(invoices).toHaveLength(1);
  const net = rows.reduce(
    (sum, { kind, minor }) => sum + (kind === 'credit_note' ? -minor : minor),
    0,
  );
  return { invoice: invoices[0]?.minor, net };
}

function expectNoGap(rows: readonly DocumentRow[]): void {
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
}

/** Some order, the same each time. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed;
  const keyed = list.map((item) => {
    state = (state * 48_271) % 2_147_483_647;
    return { item, key: state };
  });
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
