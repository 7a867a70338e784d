import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { In } from 'typeorm';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { OrderEntity, ReviewEntity } from '../database/payment.entity.js';
import { TollgateError } from '../errors.js';
import { presentOrder } from '../payments/present.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { text } from './list-query.js';

/** Orders, read only. */
@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/orders')
export class OrdersController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get(':reference')
  async show(@Param('reference') given: string) {
    const { reads } = this.services.database;
    const reference = readInput(text, given);
    const order = await reads
      .getRepository(OrderEntity)
      .findOne({ where: { reference }, relations: { payments: { order: true } } });
    if (!order) throw new TollgateError('not_found', 'nothing is known of this order');
    const payments = order.payments.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const reviews = await reads.getRepository(ReviewEntity).find({
      where: [{ orderId: order.id }, { paymentId: In(payments.map(({ id }) => id)) }],
      order: { openedAt: 'ASC' },
    });
    return presentOrder(order, payments, reviews);
  }
}
