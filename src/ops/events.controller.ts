import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AllowReaders, ApiGuard } from '../access/api.guard.js';
import { InboxConflictEntity, InboxEventEntity } from '../database/inbox-event.entity.js';
import { PaymentFactEntity, ReviewEntity, TransitionEntity } from '../database/payment.entity.js';
import { TollgateError } from '../errors.js';
import { presentReview } from '../payments/present.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage, uuid } from './list-query.js';
import { presentError, presentEvent, presentFact, presentTransition } from './present.js';
import { showPayload } from './show-payload.js';

const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));

const listQuery = z.strictObject({
  ...pageShape,
  status: z.enum(['received', 'applied', 'noop', 'ignored', 'dead', 'discarded']).optional(),
  provider: text.optional(),
  account: text.optional(),
  type: text.optional(),
  eventId: text.optional(),
  from: time.optional(),
  to: time.optional(),
});

/** Events of the inbox, read only. */
@ApiTags('events')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/events')
export class EventsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, from, to, type, ...filters } = readInput(listQuery, query);
    const find = this.services.database.reads
      .getRepository(InboxEventEntity)
      .createQueryBuilder('event')
      .orderBy('event.id', 'DESC')
      .take(limit + 1);
    for (const [name, value] of Object.entries({ ...filters, eventType: type })) {
      if (value !== undefined) find.andWhere(`event.${name} = :${name}`, { [name]: value });
    }
    if (from) find.andWhere('event.receivedAt >= :from', { from });
    if (to) find.andWhere('event.receivedAt < :to', { to });
    if (cursor !== undefined) find.andWhere('event.id < :cursor', { cursor });
    const { ATTEMPTS_MAX } = this.services.config;
    return toPage(await find.getMany(), limit, (event) => presentEvent(event, ATTEMPTS_MAX));
  }

  @Get(':id')
  async show(@Param('id') id: string) {
    const { reads } = this.services.database;
    const inboxId = readInput(uuid, id);
    const event = await reads
      .getRepository(InboxEventEntity)
      .createQueryBuilder('event')
      .addSelect('event.body')
      .where('event.id = :inboxId', { inboxId })
      .getOne();
    if (!event) throw new TollgateError('not_found', 'there is no event with this id');
    const [facts, transitions, reviews, conflicts] = await Promise.all([
      reads.getRepository(PaymentFactEntity).findBy({ inboxId }),
      reads.getRepository(TransitionEntity).find({ where: { inboxId }, order: { id: 'ASC' } }),
      reads.getRepository(ReviewEntity).findBy({ inboxId }),
      reads.getRepository(InboxConflictEntity).findBy({ inboxId }),
    ]);
    return {
      ...presentEvent(event, this.services.config.ATTEMPTS_MAX),
      payload: showPayload(event.body),
      errors: event.attemptErrors.map(presentError),
      effects: {
        facts: facts.map(presentFact),
        transitions: transitions.map(presentTransition),
        reviews: reviews.map(presentReview),
      },
      conflictingContents: conflicts.map(({ fingerprint, firstSeenAt, deliveries }) => ({
        fingerprint: fingerprint.toString('hex'),
        firstSeenAt,
        deliveries,
      })),
    };
  }
}
