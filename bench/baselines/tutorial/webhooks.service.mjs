import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { decorate } from '../decorate.mjs';
import { WebhookEvent } from './webhook-event.entity.mjs';

const UNIQUE_VIOLATION = '23505';

/** @Injectable() constructor(@InjectRepository(WebhookEvent) events, @InjectQueue('webhooks') queue) */
export class WebhooksService {
  constructor(events, queue) {
    this.events = events;
    this.queue = queue;
  }

  async record(event) {
    const row = {
      provider: 'stripe',
      eventId: event.id,
      eventType: event.type,
      payload: event,
    };
    try {
      await this.events.insert(row);
    } catch (error) {
      if (error.driverError?.code === UNIQUE_VIOLATION) return 'duplicate';
      throw error;
    }
    await this.queue.add('process', { eventId: event.id }, { removeOnComplete: true });
    return 'recorded';
  }
}

decorate(WebhooksService, {
  type: [Injectable()],
  parameters: [InjectRepository(WebhookEvent), InjectQueue('webhooks')],
});
