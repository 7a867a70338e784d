import { describe, expect, it } from '@jest/globals';
import { differences, readActual } from '../../proof/actual.js';
import { foldWorld, type Expected } from '../../proof/model.js';
import { lifeOfKind } from '../../proof/stories.js';

const life = lifeOfKind('stripe: refunded in part', 'abc123');
const expected = foldWorld(life.events, [life.order!]);
const [key, payment] = [...expected.payments][0]!;
const [reference, order] = [...expected.orders][0]!;

function withOrder(change: object): Expected {
  return { ...expected, orders: new Map([[reference, { ...order, ...change }]]) };
}

describe('the differences between what should be and what is', () => {
  it('are none between equals', () => {
    expect(differences(expected, withOrder({}))).toEqual([]);
  });

  it('name each field that is not as it should be', () => {
    const amountRefundedMinor = payment.amountRefundedMinor + 1;
    const payments = new Map([[key, { ...payment, amountRefundedMinor, status: 'refunded' }]]);
    expect(differences(expected, { ...expected, payments })).toEqual([
      `payment ${key}: status should be "partially_refunded" and is "refunded"`,
      `payment ${key}: amountRefundedMinor should be ${payment.amountRefundedMinor} and is ${amountRefundedMinor}`,
    ]);
    expect(differences(expected, withOrder({ openReviews: ['paid_twice'] }))).toEqual([
      `order ${reference}: openReviews should be [] and is ["paid_twice"]`,
    ]);
  });

  it('name what is missing and what nobody told of', () => {
    const nothing = { payments: new Map(), orders: new Map() };
    expect(differences(expected, { ...expected, orders: new Map() })).toEqual([
      `order ${reference}: is missing`,
    ]);
    expect(differences(nothing, { ...nothing, payments: expected.payments })).toEqual([
      `payment ${key}: is there, and nobody told of it`,
    ]);
  });

  it('leave out what may be one way or the other, and nothing else', () => {
    expect(order).toMatchObject({ invoices: 1, creditNotes: null });
    expect(differences(expected, withOrder({ creditNotes: 2 }))).toEqual([]);
    expect(differences(expected, withOrder({ invoices: 2 }))).toHaveLength(1);
    expect(differences(withOrder({ currency: null }), expected)).toHaveLength(1);
  });
});

describe('what is read', () => {
  const row = (tag: string) => ({ provider: 'stripe', providerPaymentId: `pi_${tag}a` });

  it('is what has one of the tags in its id, however many there are', async () => {
    const asked: unknown[] = [];
    const query = (sql: string, values: unknown[]) => {
      asked.push(values[0]);
      return Promise.resolve(sql.includes('from payments') ? [row('r1x7'), row('r1x8')] : []);
    };
    const many = Array.from({ length: 100 }, (_, index) => `other${index}`);
    const { payments } = await readActual(query, [...many, 'r1x8']);
    expect([...payments.keys()]).toEqual(['stripe pi_r1x8a']);
    expect(asked).toEqual([null, null]);
    await readActual(query, ['r1x8']);
    expect(asked.slice(2)).toEqual([['%r1x8%'], ['%r1x8%']]);
    expect((await readActual(query, null)).payments.size).toBe(2);
  });
});
