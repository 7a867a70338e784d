import { createSecretKeys } from '../hmac.js';
import { isUsableIdentifier } from '../identifier.js';
import { peekPayload } from '../payload.js';
import type {
  PaymentProvider,
  ProviderOptions,
  SignedRequest,
  VerifiedEvent,
} from '../provider.js';
import { readIsoTime, readUnixSeconds } from '../time.js';
import {
  digestBody,
  hashedEventId,
  markVerified,
  readEventType,
  UNREADABLE_TYPE,
} from '../verified-event.js';
import { createStripeApi } from './stripe.api.js';
import { translateStripeEvent } from './stripe.events.js';
import { fingerprintStripeBody } from './stripe.fingerprint.js';
import { checkStripeSignature } from './stripe.signature.js';
import { pointsAtStripeObject } from './stripe.thin-event.js';

/** What Stripe's own libraries allow between signing and arrival. */
const TOLERANCE_SECONDS_DEFAULT = 300;

/** What the Stripe provider is made with. */
export interface StripeOptions extends ProviderOptions {
  /** How far the signed time may lie in the past or in the future; default 300. */
  readonly toleranceSeconds?: number;
}

/**
 * Stripe: signed with the endpoint's secret; every event has an id, which is inside the signed
 * body, and `created` in whole seconds.
 *
 * An event without a usable id is kept under a hash of its body, and becomes a dead letter with
 * `event_id_unusable` when it is translated.
 * @throws Error when a secret is blank
 * @see https://docs.stripe.com/webhooks
 */
export function createStripeProvider(options: StripeOptions): PaymentProvider {
  const { orderReferenceKey, toleranceSeconds = TOLERANCE_SECONDS_DEFAULT } = options;
  const keysByAccount = new Map(
    [...options.secrets].map(([account, secrets]) => [account, createSecretKeys(secrets)]),
  );

  return {
    name: 'stripe',
    hasAccount: (account) => keysByAccount.has(account),
    verify: (request) => {
      // Without keys nothing matches: an account that is not configured can verify nothing.
      const keys = keysByAccount.get(request.account) ?? [];
      const { headers, body, receivedAtMs } = request;
      const check = { headers, body, receivedAtMs, keys, toleranceSeconds };
      return readEvent(request, checkStripeSignature(check));
    },
    translate: (payload) => translateStripeEvent(payload, orderReferenceKey),
    pointsAt: pointsAtStripeObject,
    api: options.api === null ? null : createStripeApi(options.api, orderReferenceKey),
  };
}

function readEvent({ body }: SignedRequest, secretIndex: number): VerifiedEvent {
  const payload = peekPayload(body);
  const id = payload?.['id'];
  const created = payload?.['created'];
  const livemode = payload?.['livemode'];
  return markVerified({
    eventId: isUsableIdentifier(id) ? id : hashedEventId(digestBody(body)),
    eventType: payload === null ? UNREADABLE_TYPE : readEventType(payload['type']),
    // Thin events write the time as text.
    occurredAtMs: readUnixSeconds(created) ?? readIsoTime(created),
    livemode: typeof livemode === 'boolean' ? livemode : null,
    fingerprint: fingerprintStripeBody(body),
    body,
    secretIndex,
  });
}
