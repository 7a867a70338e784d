import {
  Body,
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
import { AllowReaders, AllowRoles, ApiGuard, callerOf } from '../../access/api.guard.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import {
  discardMessage,
  listConsumers,
  listMessages,
  removeConsumer,
  replayMessage,
} from './consumers.js';

/** Who is told of changes, what he has not got yet, and what he could not use. */
@ApiTags('consumers')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/consumers')
export class ConsumersController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list() {
    return listConsumers(this.services);
  }

  @Delete(':consumer')
  @AllowRoles('operator')
  remove(@Param('consumer') consumer: string, @Req() request: FastifyRequest) {
    return removeConsumer(this.services, callerOf(request), consumer);
  }

  @Get(':consumer/messages')
  messages(@Param('consumer') consumer: string, @Query() query: unknown) {
    return listMessages(this.services, consumer, query);
  }

  @Post(':consumer/messages/:id/replay')
  @HttpCode(200)
  @AllowRoles('operator')
  replay(
    @Param('consumer') consumer: string,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ) {
    return replayMessage(this.services, callerOf(request), { consumer, id }, body);
  }

  @Post(':consumer/messages/:id/discard')
  @HttpCode(200)
  @AllowRoles('operator')
  discard(
    @Param('consumer') consumer: string,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ) {
    return discardMessage(this.services, callerOf(request), { consumer, id }, body);
  }
}
