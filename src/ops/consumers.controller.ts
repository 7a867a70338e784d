import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { LessThan } from 'typeorm';
import { z } from 'zod';
import { AllowReaders, AllowRoles, ApiGuard, callerOf } from '../access/api.guard.js';
import { DispatchEntity } from '../database/outbox.entity.js';
import { TollgateError } from '../errors.js';
import { countDispatches, replayDispatch } from '../outbox/dispatch.queries.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage, uuid } from './list-query.js';
import { presentDispatch } from './present.js';

const listQuery = z.strictObject({
  ...pageShape,
  status: z.enum(['pending', 'consumed', 'dead']).optional(),
});

/** Who is told of changes, what he has not got yet, and what he could not use. */
@ApiTags('consumers')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/consumers')
export class ConsumersController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  async list() {
    const { database, messaging } = this.services;
    const counts = await countDispatches(database.command);
    const told = messaging.consumers.map(({ name, types }) => ({
      name,
      types,
      isRegistered: true,
    }));
    // What is left of a consumer that is not configured any more stays visible.
    const left = counts
      .filter(({ consumer }) => !told.some(({ name }) => name === consumer))
      .map(({ consumer: name }) => ({ name, types: [], isRegistered: false }));
    const data = [...told, ...left].map((one) => {
      const found = counts.find(({ consumer }) => consumer === one.name);
      const { pending = 0, dead = 0, oldestSeconds = 0 } = found ?? {};
      return { ...one, pending, dead, oldestSeconds };
    });
    return { data, nextCursor: null };
  }

  @Get(':consumer/messages')
  async messages(@Param('consumer') given: string, @Query() query: unknown) {
    const consumer = readInput(text, given);
    const { limit, cursor, status } = readInput(listQuery, query);
    const dispatches = await this.services.database.reads.getRepository(DispatchEntity).find({
      where: {
        consumer,
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { messageId: LessThan(cursor) }),
      },
      relations: { message: true },
      order: { messageId: 'DESC' },
      take: limit + 1,
    });
    const rows = dispatches.map((dispatch) => ({ id: dispatch.messageId, dispatch }));
    return toPage(rows, limit, ({ dispatch }) => presentDispatch(dispatch));
  }

  /** Sends a dead letter through again. Asking twice does it once. */
  @Post(':consumer/messages/:id/replay')
  @HttpCode(200)
  @AllowRoles('operator')
  async replay(
    @Param('consumer') given: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ) {
    const { database, messaging, logger } = this.services;
    const consumer = readInput(text, given);
    const messageId = readInput(uuid, id);
    const isReplayed = await replayDispatch(database.command, consumer, messageId);
    const dispatch = await database.reads
      .getRepository(DispatchEntity)
      .findOne({ where: { consumer, messageId }, relations: { message: true } });
    if (!dispatch) throw new TollgateError('not_found', 'this consumer has no such message');
    logger.info({ by: callerOf(request).name, consumer, messageId, isReplayed }, 'replay');
    if (isReplayed) messaging.wake();
    return { isReplayed, ...presentDispatch(dispatch) };
  }
}
