import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import {
  messageSchema,
  orderData,
  type Message,
  type MessageType,
  type OrderSnapshot,
} from '../../src/outbox/message.js';

/** An order for a test: whatever it does not say is that of a paid order of 50 EUR. */
export function orderSnapshot(given: Partial<OrderSnapshot> = {}): OrderSnapshot {
  return {
    reference: 'order-1',
    status: 'paid',
    currency: 'EUR',
    amountDueMinor: 5000,
    amountPaidMinor: 5000,
    amountRefundedMinor: 0,
    metadata: {},
    isCancelled: false,
    payments: [],
    reviews: [],
    createdAt: '2026-03-01T10:00:00.000Z',
    version: 1,
    ...given,
  };
}

/**
 * A message about an order, as its consumers get it; each call makes another message.
 * @param given the order; its status says the type, unless `type` does
 */
export function orderMessage({
  type,
  ...given
}: Partial<OrderSnapshot> & { type?: MessageType } = {}): Message {
  const order = orderSnapshot(given);
  return messageSchema.parse({
    specversion: '1.0',
    id: uuidv7(),
    source: '/tollgate',
    type: type ?? `order.${order.status}`,
    subject: order.reference,
    time: '2026-03-01T10:00:01.000Z',
    datacontenttype: 'application/json',
    dataschema: '/schemas/order.json',
    aggregate: 'order',
    aggregateid: uuidv5(order.reference, uuidv5.URL),
    aggregateversion: order.version,
    data: orderData.parse({ order, previousStatus: null }),
  } satisfies Message);
}

/** Created, paid, refunded in two parts, the second of which fails in the end. */
export function orderLife(reference: string): [Message, Message, Message, Message, Message] {
  const partly = { reference, status: 'partially_refunded', amountRefundedMinor: 2000 } as const;
  return [
    orderMessage({
      reference,
      type: 'order.created',
      status: 'open',
      amountPaidMinor: 0,
      version: 1,
    }),
    orderMessage({ reference, version: 2 }),
    orderMessage({ ...partly, version: 3 }),
    orderMessage({ reference, status: 'refunded', amountRefundedMinor: 5000, version: 4 }),
    orderMessage({ ...partly, version: 5 }),
  ];
}
