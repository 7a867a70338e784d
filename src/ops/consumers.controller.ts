import {
  Controller,
  Delete,
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
import { findConsumers, removeConsumer } from '../outbox/outbox.queries.js';
import { toType } from '../outbox/type-pattern.js';
import { readInput } from '../read-input.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { pageShape, text, toPage, uuid } from './list-query.js';
import { presentDispatch } from './present.js';

/** No worker has said for so long that it is configured with a consumer: none is. */
const QUIET_SECONDS = 120;

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
    const { messaging, database } = this.services;
    const { command } = database;
    const counts = await countDispatches(command);
    const registered = await findConsumers(command);
    // What is left of a consumer that was removed at this moment stays visible.
    const left = counts
      .filter(({ consumer }) => !registered.some(({ name }) => name === consumer))
      .map(({ consumer: name }) => ({ name, patterns: [] }));
    const data = [...registered, ...left].map(({ name, patterns }) => {
      const found = counts.find(({ consumer }) => consumer === name);
      const { pending = 0, dead = 0, oldestSeconds = 0 } = found ?? {};
      const isConfigured = messaging.consumers.some((one) => one.name === name);
      return { name, types: patterns.map(toType), isConfigured, pending, dead, oldestSeconds };
    });
    return { data, nextCursor: null };
  }

  /** Removes a consumer that is gone for good, with everything that it has not got yet. */
  @Delete(':consumer')
  @AllowRoles('operator')
  async remove(@Param('consumer') given: string, @Req() request: FastifyRequest) {
    const { database, logger } = this.services;
    const consumer = readInput(text, given);
    const result = await removeConsumer(database.command, consumer, QUIET_SECONDS);
    logger.info({ by: callerOf(request).name, consumer, result }, 'removal of a consumer');
    if (result === 'in_use') {
      throw new TollgateError(
        'consumer_configured',
        `a worker is configured with ${consumer}: take it out of CONSUMERS or OUTSIDE_CONSUMERS, ` +
          `and ask again ${QUIET_SECONDS} seconds after the workers were started anew`,
      );
    }
    if (result === 'unknown') {
      throw new TollgateError('not_found', 'no consumer of this name is registered');
    }
    return { name: consumer };
  }

  @Get(':consumer/messages')
  async messages(@Param('consumer') given: string, @Query() query: unknown) {
    const consumer = await this.findConsumer(given);
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

  private async findConsumer(given: string): Promise<string> {
    const consumer = readInput(text, given);
    const registered = await findConsumers(this.services.database.command);
    if (registered.some(({ name }) => name === consumer)) return consumer;
    throw new TollgateError('not_found', 'no consumer of this name is registered');
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
