import type { IncomingHttpHeaders } from 'node:http';
import type { PaymentFacts } from '../payments/payment-fact.js';
import type { ApiOptions, ObjectPointer, ProviderApi } from './provider-api.js';

/** A JSON object as `JSON.parse` gives it; nothing in it is trusted to have a certain shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One HTTP arrival, before anything of it is believed. */
export interface SignedRequest {
  /** Header names in lower case, as Node gives them. */
  readonly headers: IncomingHttpHeaders;
  /** The body as it came over the wire: the signature covers these bytes and no others. */
  readonly body: Buffer;
  /** The account of the route, `default` for the route without one. */
  readonly account: string;
  /** When the request arrived, milliseconds since 1970. */
  readonly receivedAtMs: number;
}

declare const verified: unique symbol;

/** What a provider says happened, proven to come from it. Only a provider's `verify` makes one. */
export interface VerifiedEvent {
  readonly [verified]: true;
  /**
   * Identifies the event at the provider and account; 1 to 255 characters. `sha256:<hex>` of the
   * body where the provider has no event ids or this event has none that is usable.
   */
  readonly eventId: string;
  /** The provider's name for what happened; `unreadable` when the body is not a JSON object. */
  readonly eventType: string;
  /** When it happened, milliseconds since 1970; null when the provider does not say. */
  readonly occurredAtMs: number | null;
  /** False for the provider's test mode; null when the body does not say. */
  readonly livemode: boolean | null;
  /**
   * SHA-256 over the content, without what the provider itself changes between deliveries of one
   * event. The same id with another fingerprint is an alarm, not a plain duplicate.
   */
  readonly fingerprint: Buffer;
  readonly body: Buffer;
  /** Which of the active secrets matched, 0 = newest: the evidence for finishing a rotation. */
  readonly secretIndex: number;
}

/** Everything of a {@link VerifiedEvent} but the proof. */
export type EventContent = Omit<VerifiedEvent, typeof verified>;

/** A provider of payments: who signs, what an event is, what it says about money. */
export interface PaymentProvider {
  /** URL segment, `inbox.provider` and metric label. */
  readonly name: string;

  /**
   * Proves that the provider sent these bytes. Pure: the clock is in the request.
   * A body that is authentic but unusable is still an event, so that it is kept and seen.
   * @throws SignatureError `invalid_signature`
   */
  verify(request: SignedRequest): VerifiedEvent;

  /**
   * Says in facts what the event means. Pure. Null: an event type that says nothing about a
   * payment.
   * @throws TollgateError with a code whose `next` is `dead` when the payload can never be used
   */
  translate(payload: JsonObject): PaymentFacts | null;

  /**
   * What has to be fetched before this event says what happened; null for one that says all by
   * itself. Where nothing can be fetched, `translate` makes the best of it.
   */
  pointsAt(payload: JsonObject): ObjectPointer | null;

  /** True when deliveries for this account can be verified; the route is 404 otherwise. */
  hasAccount(account: string): boolean;

  /** What can be asked of the provider; null when there is no API key. */
  readonly api: ProviderApi | null;
}

/** Active secrets by account, newest first; never empty. Config refuses short ones. */
export type SecretsByAccount = ReadonlyMap<string, readonly string[]>;

/** What every provider is made with. */
export interface ProviderOptions {
  readonly secrets: SecretsByAccount;
  /** Key of the provider's metadata that holds our order reference. */
  readonly orderReferenceKey: string;
  /** Null: there is no API key, so the provider is listened to and never asked. */
  readonly api: ApiOptions | null;
}

/** The account of routes that name none. */
export const DEFAULT_ACCOUNT = 'default';
