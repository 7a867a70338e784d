/**
 * The baseline `tutorial`: the service in the way tutorials write it. Nest on Express with
 * `rawBody`, TypeORM `repository.insert`, one `queue.add` per request on Redis.
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

const { PORT, DATABASE_URL, REDIS_URL, QUEUE_PREFIX, POOL_SIZE } = process.env;

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

const app = await NestFactory.create(AppModule, { rawBody: true, logger: false });
await app.listen(Number(PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
