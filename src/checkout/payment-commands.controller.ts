import { Controller, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowCommands, ApiGuard } from '../access/api.guard.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { paymentParams } from './inputs.js';
import { runCommand } from './run-command.js';
import { verifyPayment } from './verify-payment.js';

/** What may be done with a payment. */
@ApiTags('payments')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowCommands()
@Controller('v1/payments')
export class PaymentCommandsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post(':id/verify')
  @HttpCode(200)
  verify(@Param() params: unknown) {
    const { id } = readInput(paymentParams, params);
    return verifyPayment(this.services.commands.checkout, id);
  }

  @Post(':id/refunds')
  refund(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return runCommand(this.services, this.services.commands.refundPayment, request, reply);
  }
}
