import { isUsableIdentifier } from '../identifier.js';
import { asObject } from '../payload.js';
import type { ObjectPointer } from '../provider-api.js';
import type { JsonObject } from '../provider.js';

const THIN_EVENT = 'v2.core.event';

/** Stripe trying out the endpoint: says nothing about anything. */
export const THIN_PING = 'v2.core.event_destination.ping';

/** Whether an event names an object without saying what happened to it. */
export function isThinEvent(payload: JsonObject): boolean {
  return payload['object'] === THIN_EVENT;
}

/**
 * What a thin event points at: its `related_object`. Null for every other event, for the ping and
 * for a thin event that points at nothing.
 * @see https://docs.stripe.com/event-destinations#thin-events
 */
export function pointsAtStripeObject(payload: JsonObject): ObjectPointer | null {
  if (!isThinEvent(payload) || payload['type'] === THIN_PING) return null;
  const related = asObject(payload['related_object']);
  const kind = related?.['type'];
  const id = related?.['id'];
  return isUsableIdentifier(kind) && isUsableIdentifier(id) ? { kind, id } : null;
}
