import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { PaymentEntity, PaymentFactEntity, ReviewEntity } from '../database/payment.entity.js';
import { TollgateError } from '../errors.js';
import { PAYMENT_STATUSES } from '../payments/payment.states.js';
import { presentPayment, presentReview } from '../payments/present.js';
import { showRefunds } from '../payments/show.queries.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage, uuid } from './list-query.js';
import { presentFact } from './present.js';
import { paymentTimeline } from './timeline.js';

const listQuery = z.strictObject({
  ...pageShape,
  provider: text.optional(),
  account: text.optional(),
  providerPaymentId: text.optional(),
  status: z.enum(PAYMENT_STATUSES).optional(),
});

/** Payments, read only. */
@ApiTags('payments')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/payments')
export class PaymentsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, ...filters } = readInput(listQuery, query);
    const find = this.services.database.reads
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

  @Get(':id')
  async show(@Param('id') id: string) {
    const { database, config } = this.services;
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
      paymentTimeline(database.reads, paymentId, config.ATTEMPTS_MAX),
    ]);
    return {
      ...presentPayment(payment),
      facts: facts.map(presentFact),
      reviews: reviews.map(presentReview),
      refunds,
      timeline,
    };
  }
}
