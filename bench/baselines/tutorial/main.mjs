/**
 * The baseline `tutorial`: the service in the way tutorials write it. Nest on Express with
 * `rawBody`, TypeORM `repository.insert`, one `queue.add` per request on Redis. With `ADAPTER=fastify`
 * it is the baseline `tutorial-fastify`: nothing else differs.
 */
import 'reflect-metadata';
import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { decorate } from '../decorate.mjs';
import { WebhookEvent } from './webhook-event.entity.mjs';
import { WebhooksController } from './webhooks.controller.mjs';
import { WebhooksService } from './webhooks.service.mjs';

const { PORT, DATABASE_URL, REDIS_URL, QUEUE_PREFIX, POOL_SIZE, ADAPTER } = process.env;

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- a Nest module is a class
class AppModule {}

decorate(AppModule, {
  type: [
    Module({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: DATABASE_URL,
          entities: [WebhookEvent],
          poolSize: Number(POOL_SIZE),
          synchronize: true,
        }),
        TypeOrmModule.forFeature([WebhookEvent]),
        BullModule.forRoot({ connection: { url: REDIS_URL }, prefix: QUEUE_PREFIX }),
        BullModule.registerQueue({ name: 'webhooks' }),
      ],
      controllers: [WebhooksController],
      providers: [WebhooksService],
    }),
  ],
});

const options = { rawBody: true, logger: false };
const app = await (ADAPTER === 'fastify'
  ? createOnFastify()
  : NestFactory.create(AppModule, options));
await app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));

async function createOnFastify() {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  return NestFactory.create(AppModule, new FastifyAdapter(), options);
}
