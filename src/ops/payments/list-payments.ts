import { z } from 'zod';
import { PaymentEntity } from '../../database/payment.entity.js';
import { PAYMENT_STATUSES } from '../../payments/payment.states.js';
import { presentPayment } from '../../payments/present.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { pageShape, text, toPage, type Page } from '../list-query.js';

const listQuery = z.strictObject({
  ...pageShape,
  provider: text.optional(),
  account: text.optional(),
  providerPaymentId: text.optional(),
  status: z.enum(PAYMENT_STATUSES).optional(),
});

/** A payment as a list shows it. */
export type PaymentView = ReturnType<typeof presentPayment>;

/** Payments, newest first. @throws TollgateError `bad_request` */
export async function listPayments(
  { database }: Services,
  query: unknown,
): Promise<Page<PaymentView>> {
  const { limit, cursor, ...filters } = readInput(listQuery, query);
  const find = database.reads
    .getRepository(PaymentEntity)
    .createQueryBuilder('payment')
    .leftJoinAndSelect('payment.order', 'order')
    .orderBy('payment.id', 'DESC')
    .take(limit + 1);
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined) find.andWhere(`payment.${name} = :${name}`, { [name]: value });
  }
  if (cursor !== undefined) find.andWhere('payment.id < :cursor', { cursor });
  return toPage(await find.getMany(), limit, presentPayment);
}
