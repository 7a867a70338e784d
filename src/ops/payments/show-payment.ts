import { PaymentEntity, PaymentFactEntity, ReviewEntity } from '../../database/payment.entity.js';
import { TollgateError } from '../../errors.js';
import { presentPayment, presentReview } from '../../payments/present.js';
import { showRefunds } from '../../payments/show.queries.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { uuid } from '../list-query.js';
import { presentFact } from '../present.js';
import { showTimeline } from '../timeline/timeline.js';

/** A payment with its facts, reviews, refunds and timeline. @throws TollgateError `not_found` */
export async function showPayment(services: Services, id: string) {
  const { database } = services;
  const paymentId = readInput(uuid, id);
  const payment = await database.reads
    .getRepository(PaymentEntity)
    .findOne({ where: { id: paymentId }, relations: { order: true } });
  if (!payment) throw new TollgateError('not_found', 'there is no payment with this id');
  const [facts, reviews, refunds, timeline] = await Promise.all([
    database.reads
      .getRepository(PaymentFactEntity)
      .find({ where: { paymentId }, order: { occurredAt: 'ASC', kind: 'ASC', key: 'ASC' } }),
    database.reads.getRepository(ReviewEntity).findBy({ paymentId }),
    showRefunds(database.command, paymentId),
    showTimeline(services, { paymentIds: [paymentId], orderId: null }),
  ]);
  return {
    ...presentPayment(payment),
    facts: facts.map(presentFact),
    reviews: reviews.map(presentReview),
    refunds,
    timeline,
  };
}
