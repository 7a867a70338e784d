import { createHash } from 'node:crypto';
import { asObject } from './payload.js';
import type { ObservedRefund, Observation } from './provider-api.js';
import type { JsonObject } from './provider.js';

const OBSERVATION = 'tollgate.observation';

/** A state of a payment as a provider's API showed it. */
export interface SeenPayment {
  /** `payment_intent.observed`, `transaction.observed`… */
  readonly type: string;
  readonly providerPaymentId: string;
  readonly livemode: boolean | null;
  /**
   * Nothing but the fields that translation reads: no client secret, no card, no name and no
   * address is ever stored because we looked. Always built in the same order.
   */
  readonly content: JsonObject;
  /** When each part was seen, by the provider's clock. */
  readonly times: ObservationTimes;
  readonly refunds: readonly ObservedRefund[];
  /**
   * When this was seen, where a state may come back and be news again (pending after failed); null
   * where the same state is the same news, because it cannot have been another in between.
   */
  readonly look: number | null;
}

/** When the parts of an observation were seen, whole seconds since 1970. */
export interface ObservationTimes {
  readonly observed_at: number;
  readonly refunds_observed_at?: number;
  readonly dispute_observed_at?: number;
}

/**
 * Makes an event of what was seen. Its id and fingerprint leave the times out, so that looking
 * again at a payment that has not changed is a redelivery of one event.
 */
export function createObservation(seen: SeenPayment): Observation {
  const { type, livemode, content, times } = seen;
  const canonical = JSON.stringify([type, livemode, content]);
  const eventId = `verify:${sha256(JSON.stringify([canonical, seen.look])).toString('hex')}`;
  const body = { id: eventId, object: OBSERVATION, type, livemode, ...times, ...content };
  return {
    eventId,
    eventType: type,
    occurredAtMs: times.observed_at * 1000,
    livemode,
    fingerprint: sha256(canonical),
    body: Buffer.from(JSON.stringify(body)),
    providerPaymentId: seen.providerPaymentId,
    refunds: seen.refunds,
  };
}

/** Whether a payload is an event of our own making. */
export function isObservation(payload: JsonObject): boolean {
  return payload['object'] === OBSERVATION;
}

/** Some fields of an object, in this order; those that it does not have are left out. */
export function pickFields(object: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap((field) => (Object.hasOwn(object, field) ? [[field, object[field]]] : [])),
  );
}

/** The objects of a list in an observation; empty when there is no list. */
export function readObjects(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown) => asObject(item)).filter((item) => item !== null);
}

/**
 * When a provider answered, by its own clock, so that what was seen can be compared with the
 * times of its events.
 * @param date the `Date` header; our clock stands in where it has no usable time
 * @returns whole seconds since 1970, as precise as the header and the events are
 */
export function readAnswerTime(date: unknown): number {
  const timeMs = typeof date === 'string' ? Date.parse(date) : NaN;
  return Math.floor((timeMs > 0 ? timeMs : Date.now()) / 1000);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
