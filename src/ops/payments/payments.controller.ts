import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { AllowReaders, ApiGuard } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { listPayments } from './list-payments.js';
import { showPayment } from './show-payment.js';

/** Payments, read only. */
@ApiTags('payments')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/payments')
export class PaymentsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list(@Query() query: unknown) {
    return listPayments(this.services, query);
  }

  @Get(':id')
  show(@Param('id') id: string) {
    return showPayment(this.services, id);
  }
}
