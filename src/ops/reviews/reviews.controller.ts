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
import { claimReview, releaseReview } from './claim-review.js';
import { listReviews, showReview } from './list-reviews.js';
import { resolveReview } from './resolve-review.js';

/** What money facts contradict, and what people decide about it. */
@ApiTags('reviews')
@ApiBearerAuth()
@UseGuards(ApiGuard)
@AllowReaders()
@Controller('v1/reviews')
export class ReviewsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  list(@Query() query: unknown) {
    return listReviews(this.services, query);
  }

  @Get(':id')
  show(@Param('id') id: string) {
    return showReview(this.services, id);
  }

  @Post(':id/claim')
  @HttpCode(200)
  @AllowRoles('operator')
  claim(@Param('id') id: string, @Body() body: unknown, @Req() request: FastifyRequest) {
    return claimReview(this.services, callerOf(request), id, body);
  }

  @Post(':id/release')
  @HttpCode(200)
  @AllowRoles('operator')
  release(@Param('id') id: string, @Req() request: FastifyRequest) {
    return releaseReview(this.services, callerOf(request), id);
  }

  @Post(':id/resolve')
  @AllowRoles('operator')
  async resolve(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const caller = callerOf(request);
    const answer = await resolveReview(this.services, caller, id, body, optionalKeyOf(request));
    reply.status(answer.status);
    return answer.body;
  }
}
