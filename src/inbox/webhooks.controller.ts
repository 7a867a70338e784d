import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { SERVICES } from '../tokens.js';
import { DEFAULT_ACCOUNT } from '../providers/provider.js';
import { acceptDelivery, type Door } from './accept-delivery.js';
import type { Receipt } from './receive-event.js';

/**
 * Raw bytes for the signature; and none of helmet's headers, which tell a browser what it may do:
 * making them anew for each answer took a quarter of the CPU of this path.
 */
const WEBHOOK_ROUTE = { rawBody: true, helmet: { skipRoute: true } };

/** The door: raw bytes in, a status out. */
@ApiExcludeController()
@Controller('webhooks')
export class WebhooksController {
  constructor(@Inject(SERVICES) private readonly door: Door) {}

  @Post(':provider')
  @HttpCode(200)
  @RouteConfig(WEBHOOK_ROUTE)
  receive(
    @Req() request: FastifyRequest,
    @Param('provider') provider: string,
  ): Promise<{ status: Receipt }> {
    return acceptDelivery(this.door, request, provider, DEFAULT_ACCOUNT);
  }

  @Post(':provider/:account')
  @HttpCode(200)
  @RouteConfig(WEBHOOK_ROUTE)
  receiveForAccount(
    @Req() request: FastifyRequest,
    @Param('provider') provider: string,
    @Param('account') account: string,
  ): Promise<{ status: Receipt }> {
    return acceptDelivery(this.door, request, provider, account);
  }
}
