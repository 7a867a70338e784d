import { z } from 'zod';
import { OrderEntity } from '../../database/payment.entity.js';
import { ORDER_STATUSES } from '../../payments/order.states.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { pageShape, text, toPage, type Page } from '../list-query.js';

export { ORDER_STATUSES };

const listQuery = z.strictObject({
  ...pageShape,
  reference: text.optional(),
  status: z.enum(ORDER_STATUSES).optional(),
});

/** An order as a list shows it, without its payments. */
export type OrderRow = ReturnType<typeof presentRow>;

/** Orders, newest first. @throws TollgateError `bad_request` */
export async function listOrders({ database }: Services, query: unknown): Promise<Page<OrderRow>> {
  const { limit, cursor, reference, status } = readInput(listQuery, query);
  const find = database.reads
    .getRepository(OrderEntity)
    .createQueryBuilder('order')
    .orderBy('order.id', 'DESC')
    .take(limit + 1);
  if (reference !== undefined) find.andWhere('order.reference = :reference', { reference });
  if (status !== undefined) find.andWhere('order.status = :status', { status });
  if (cursor !== undefined) find.andWhere('order.id < :cursor', { cursor });
  return toPage(await find.getMany(), limit, presentRow);
}

function presentRow(order: OrderEntity) {
  const { reference, status, currency, amountDueMinor, amountPaidMinor } = order;
  const { amountRefundedMinor, createdAt, updatedAt } = order;
  return {
    reference,
    status,
    currency,
    amountDueMinor,
    amountPaidMinor,
    amountRefundedMinor,
    createdAt,
    updatedAt,
  };
}
