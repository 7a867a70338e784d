import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { showOrder, showOrderTimeline } from './show-order.js';

/** Orders, read only. */
@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/orders')
export class OrdersController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get(':reference')
  show(@Param('reference') reference: string) {
    return showOrder(this.services, reference);
  }

  @Get(':reference/timeline')
  async timeline(@Param('reference') reference: string) {
    return { data: await showOrderTimeline(this.services, reference), nextCursor: null };
  }
}
