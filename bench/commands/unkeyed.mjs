/**
 * The service itself, with one thing taken out: `POST /v1/orders` runs the same operation, in one
 * transaction of the same pool, and knows of no idempotency key. Server, guard, body parser,
 * metrics and log line are those of the service.
 */
import 'reflect-metadata';
import { Controller, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { AllowCommands, ApiGuard, callerOf } from '../../dist/src/access/api.guard.js';
import { AppModule } from '../../dist/src/app.module.js';
import { CREATE_ORDER } from '../../dist/src/checkout/create-order.operation.js';
import { OrderCommandsController } from '../../dist/src/checkout/order-commands.controller.js';
import { inTransaction } from '../../dist/src/database/transaction.js';
import { toStored } from '../../dist/src/idempotency/response.js';
import { SERVICES } from '../../dist/src/tokens.js';
import { decorate } from '../baselines/decorate.mjs';

class UnkeyedOrdersController {
  constructor(services) {
    this.services = services;
  }

  async create(request, reply) {
    const { commands, metrics, logger } = this.services;
    const operation = CREATE_ORDER.name;
    const { name: caller } = callerOf(request);
    const startedAt = performance.now();
    const phase = CREATE_ORDER.phases[CREATE_ORDER.first];
    const run = { caller, params: request.params, body: request.body, state: {}, attempts: 1 };
    const { response } = await inTransaction(commands.checkout.pool, (tx) => phase.commit(tx, run));
    const { status, headers, body } = toStored(response);
    void reply.status(status).headers(headers).send(body);
    const seconds = (performance.now() - startedAt) / 1000;
    const result = String(status);
    metrics.commands.inc({ operation, result });
    metrics.commandSeconds.observe({ operation }, seconds);
    logger.info({ operation, caller, result, seconds }, 'command');
  }
}
decorate(UnkeyedOrdersController, {
  type: [UseGuards(ApiGuard), AllowCommands(), Controller('v1/orders')],
  parameters: [Inject(SERVICES)],
  methods: { create: { method: [Post()], parameters: [Req(), Res()] } },
});

const moduleOfTheService = AppModule.of;
AppModule.of = (services) => {
  const { controllers, ...module } = moduleOfTheService(services);
  const isReplaced = (type) => type === OrderCommandsController;
  if (!controllers.some(isReplaced)) throw new Error('there is no controller to replace');
  return {
    ...module,
    controllers: controllers.map((type) => (isReplaced(type) ? UnkeyedOrdersController : type)),
  };
};

await import('../../dist/src/main.js');
