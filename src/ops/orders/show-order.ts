import { In } from 'typeorm';
import { OrderEntity, ReviewEntity } from '../../database/payment.entity.js';
import { TollgateError } from '../../errors.js';
import { presentOrder } from '../../payments/present.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { text } from '../list-query.js';
import { showTimeline } from '../timeline/timeline.js';
import type { TimelineEntry } from '../timeline/timeline-entry.js';

/** An order with its payments and reviews. @throws TollgateError `not_found` */
export async function showOrder(services: Services, given: string) {
  const { reads } = services.database;
  const order = await findOrder(services, given);
  const payments = order.payments.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const reviews = await reads.getRepository(ReviewEntity).find({
    where: [{ orderId: order.id }, { paymentId: In(payments.map(({ id }) => id)) }],
    order: { openedAt: 'ASC' },
  });
  return presentOrder(order, payments, reviews);
}

/** What happened to an order and to all its payments. @throws TollgateError `not_found` */
export async function showOrderTimeline(
  services: Services,
  given: string,
): Promise<TimelineEntry[]> {
  const { id: orderId, payments } = await findOrder(services, given);
  return showTimeline(services, { orderId, paymentIds: payments.map(({ id }) => id) });
}

async function findOrder({ database }: Services, given: string): Promise<OrderEntity> {
  const reference = readInput(text, given);
  const order = await database.reads
    .getRepository(OrderEntity)
    .findOne({ where: { reference }, relations: { payments: { order: true } } });
  if (order) return order;
  throw new TollgateError('not_found', 'nothing is known of this order');
}
