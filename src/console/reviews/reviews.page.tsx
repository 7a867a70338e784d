import { Body, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../access/api.guard.js';
import { showOrder } from '../../ops/orders/show-order.js';
import { showPayment } from '../../ops/payments/show-payment.js';
import { claimReview, releaseReview } from '../../ops/reviews/claim-review.js';
import { listReviews, showReview } from '../../ops/reviews/list-reviews.js';
import { resolveReview } from '../../ops/reviews/resolve-review.js';
import type { Services } from '../../services.js';
import { SERVICES } from '../../tokens.js';
import { finishAction } from '../finish-action.js';
import { givenFilters } from '../given-filters.js';
import { Action, Page, Pages } from '../page-routes.js';
import { reviewPath } from '../paths.js';
import { readList } from '../read-list.js';
import { renderPage } from '../render-page.js';
import { readDecision } from './read-decision.js';
import { ReviewList } from './review-list.js';
import { ReviewActions, ReviewBody } from './review-view.js';
import { REASONS, withAge, type PaymentOfReview } from './review-words.js';

const KEY = /^[0-9a-f-]{36}$/;
/** Without a word of the person: what waits. */
const OPEN = { status: 'open' };

/** What money facts contradict, and what people decide about it. */
@Pages('console/reviews')
export class ReviewPages {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Page()
  async list(@Query() query: unknown, @Req() request: FastifyRequest): Promise<string> {
    const isAsked = Object.keys(query ?? {}).length > 0;
    const filters = isAsked ? givenFilters(query) : OPEN;
    const list = await readList(() => listReviews(this.services, withAge(filters)));
    return renderPage(this.services, request, {
      title: 'Reviews',
      section: 'reviews',
      body: <ReviewList list={list} filters={filters} />,
    });
  }

  @Page(':id')
  async show(@Param('id') id: string, @Req() request: FastifyRequest): Promise<string> {
    const review = await showReview(this.services, id);
    const payments = await this.findPayments(review.orderReference, review.paymentId);
    return renderPage(this.services, request, {
      title: `Review: ${review.reason.replaceAll('_', ' ')}`,
      section: 'reviews',
      aside: <ReviewActions review={review} />,
      body: <ReviewBody review={review} payments={payments} meaning={REASONS[review.reason]} />,
    });
  }

  @Action(':id/claim')
  async claim(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const path = reviewPath(id);
    const takeOver = givenFilters(body)['takeOver'] === 'yes';
    await finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        await claimReview(this.services, callerOf(request), id, { takeOver });
        return { path, notice: { kind: 'done', text: 'It is yours: nobody else decides it now.' } };
      },
    });
  }

  @Action(':id/release')
  async release(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const path = reviewPath(id);
    await finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        await releaseReview(this.services, callerOf(request), id);
        return { path, notice: { kind: 'done', text: 'Released: anybody can take it.' } };
      },
    });
  }

  @Action(':id/resolve')
  async resolve(
    @Param('id') id: string,
    @Body() form: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const path = reviewPath(id);
    const { key = '' } = givenFilters(form);
    await finishAction(this.services, request, reply, {
      backTo: path,
      act: async () => {
        const { orderReference, paymentId } = await showReview(this.services, id);
        const body = readDecision(form, await this.findPayments(orderReference, paymentId));
        // Of a double click both requests carry one key, so they are one decision.
        const answer = await resolveReview(
          this.services,
          callerOf(request),
          id,
          body,
          KEY.test(key) ? key : null,
        );
        return { path, notice: { kind: 'done', text: resultOf(answer) } };
      },
    });
  }

  private async findPayments(
    orderReference: string | null,
    paymentId: string | null,
  ): Promise<readonly PaymentOfReview[]> {
    // A review of one payment is about no other, even when its order has several.
    if (paymentId !== null) return [await showPayment(this.services, paymentId)];
    return orderReference === null ? [] : (await showOrder(this.services, orderReference)).payments;
  }
}

function resultOf({ status, body }: Awaited<ReturnType<typeof resolveReview>>): string {
  if (status === 202) return 'Proposed. A second person has to confirm it: so much is at stake.';
  return body.status === 'open'
    ? 'Decided. But more has come to be at stake meanwhile, so it asks again.'
    : 'Decided. The order follows its money again.';
}
