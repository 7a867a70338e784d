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
import { optionalKeyOf } from '../../idempotency/answer.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { listReplays, showReplay, steerReplay } from './replays.js';
import { startReplay } from './start-replay.js';

/** Sending many events or messages through again. */
@ApiTags('replays')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/replays')
export class ReplaysController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list(@Query() query: unknown) {
    return listReplays(this.services, query);
  }

  @Get(':id')
  show(@Param('id') id: string) {
    return showReplay(this.services, id);
  }

  @Post()
  @AllowRoles('operator')
  async start(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const caller = callerOf(request);
    const answer = await startReplay(this.services, caller, body, optionalKeyOf(request));
    reply.status(answer.status);
    return answer.body;
  }

  @Post(':id/pause')
  @HttpCode(200)
  @AllowRoles('operator')
  pause(@Param('id') id: string, @Req() request: FastifyRequest) {
    return steerReplay(this.services, callerOf(request), id, 'pause');
  }

  @Post(':id/resume')
  @HttpCode(200)
  @AllowRoles('operator')
  resume(@Param('id') id: string, @Req() request: FastifyRequest) {
    return steerReplay(this.services, callerOf(request), id, 'resume');
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @AllowRoles('operator')
  cancel(@Param('id') id: string, @Req() request: FastifyRequest) {
    return steerReplay(this.services, callerOf(request), id, 'cancel');
  }
}
