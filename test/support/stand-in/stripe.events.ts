import type { ApiRequest } from './exchange.js';
import type { StandInEvent } from './stand-in.webhooks.js';
import type { Origin, StripeObject } from './stripe.objects.js';

const API_VERSION = '2026-10-28.endive';

/**
 * A snapshot event: the object as it is now.
 * @see https://docs.stripe.com/api/events/object
 */
export function createStripeEvent(
  { id, created, livemode }: Origin,
  type: string,
  object: StripeObject,
  cause: ApiRequest | null,
): StandInEvent {
  const envelope = {
    id,
    object: 'event',
    api_version: API_VERSION,
    created,
    data: { object },
    livemode,
    pending_webhooks: 1,
    request: {
      id: cause === null ? null : stripeRequestId(cause),
      idempotency_key: cause?.idempotencyKey ?? null,
    },
    type,
  };
  // Indented, as Stripe sends it.
  const body = Buffer.from(JSON.stringify(envelope, null, 2));
  return { provider: 'stripe', eventId: id, type, body };
}

/**
 * The same as a thin event, which only names the object.
 * @see https://docs.stripe.com/event-destinations#thin-events
 */
export function asThinEvent({ eventId, type, body }: StandInEvent): StandInEvent {
  const { created, livemode, data } = JSON.parse(body.toString()) as {
    created: number;
    livemode: boolean;
    data: { object: { id: string; object: string } };
  };
  const { id, object: kind } = data.object;
  const thin = {
    id: eventId,
    object: 'v2.core.event',
    type: `v1.${type}`,
    created: new Date(created * 1000).toISOString(),
    livemode,
    related_object: { id, type: kind, url: `/v1/${kind}s/${id}` },
  };
  return { provider: 'stripe', eventId, type: thin.type, body: Buffer.from(JSON.stringify(thin)) };
}

export function stripeRequestId({ number }: ApiRequest): string {
  return `req_standin${String(number).padStart(8, '0')}`;
}
