import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowReaders, AllowRoles, ApiGuard, callerOf } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { discardEvent, replayEvent } from '../replays/replay-event.js';
import { groupDeadLetters } from './list-dead-letters.js';
import { listEvents } from './list-events.js';
import { readRawBody, showEvent } from './show-event.js';

/** Events of the inbox, and what people do with them. */
@ApiTags('events')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1')
export class EventsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('events')
  list(@Query() query: unknown) {
    return listEvents(this.services, query);
  }

  @Get('events/:id')
  show(@Param('id') id: string) {
    return showEvent(this.services, id);
  }

  /** The bytes as they came, never as a page: they are somebody else's. */
  @Get('events/:id/raw')
  @AllowRoles('operator')
  async raw(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const body = await readRawBody(this.services, callerOf(request), id);
    void reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="event-${id}.bin"`)
      .header('cache-control', 'no-store')
      .send(body);
  }

  @Post('events/:id/replay')
  @HttpCode(200)
  @AllowRoles('operator')
  replay(@Param('id') id: string, @Body() body: unknown, @Req() request: FastifyRequest) {
    return replayEvent(this.services, callerOf(request), id, body);
  }

  @Post('events/:id/discard')
  @HttpCode(200)
  @AllowRoles('operator')
  discard(@Param('id') id: string, @Body() body: unknown, @Req() request: FastifyRequest) {
    return discardEvent(this.services, callerOf(request), id, body);
  }

  @Get('dead-letters')
  deadLetters() {
    return groupDeadLetters(this.services);
  }
}
