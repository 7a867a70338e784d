import { Controller, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowCommands, ApiGuard } from '../access/api.guard.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { runCommand } from './run-command.js';

/** What may be done with an order; every route needs an `Idempotency-Key`. */
@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowCommands()
@Controller('v1/orders')
export class OrderCommandsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return runCommand(this.services, this.services.commands.createOrder, request, reply);
  }

  @Post(':reference/payments')
  startPayment(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return runCommand(this.services, this.services.commands.startPayment, request, reply);
  }

  @Post(':reference/cancel')
  cancel(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return runCommand(this.services, this.services.commands.cancelOrder, request, reply);
  }
}
