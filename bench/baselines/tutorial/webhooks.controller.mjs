import { Controller, Headers, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { UnauthorizedException } from '@nestjs/common';
import { decorate } from '../decorate.mjs';
import { isSignedByStripe } from '../stripe-signature.mjs';
import { WebhooksService } from './webhooks.service.mjs';

/** @Controller('webhooks') */
export class WebhooksController {
  constructor(webhooksService) {
    this.webhooksService = webhooksService;
  }

  /** @Post('stripe') receive(@Req() request: RawBodyRequest<Request>, @Headers(…) signature) */
  async receive(request, signature) {
    const secret = process.env.STRIPE_WEBHOOK_SECRET;
    if (!isSignedByStripe(request.rawBody, signature, secret)) {
      throw new UnauthorizedException('invalid signature');
    }
    return { status: await this.webhooksService.record(JSON.parse(request.rawBody.toString())) };
  }
}

decorate(WebhooksController, {
  type: [Controller('webhooks')],
  parameters: [Inject(WebhooksService)],
  methods: {
    receive: {
      method: [Post('stripe'), HttpCode(200)],
      parameters: [Req(), Headers('stripe-signature')],
    },
  },
});
