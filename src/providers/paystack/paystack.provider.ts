import { createSecretKeys } from '../hmac.js';
import { asObject, peekPayload } from '../payload.js';
import type {
  PaymentProvider,
  ProviderOptions,
  SignedRequest,
  VerifiedEvent,
} from '../provider.js';
import {
  digestBody,
  hashedEventId,
  markVerified,
  readEventType,
  UNREADABLE_TYPE,
} from '../verified-event.js';
import { createPaystackApi } from './paystack.api.js';
import { readPaystackLivemode } from './paystack.event.js';
import { translatePaystackEvent } from './paystack.events.js';
import { pointsAtPaystackTransaction } from './paystack.pointer.js';
import { checkPaystackSignature } from './paystack.signature.js';
import { readFirstTime } from './paystack.time.js';

/**
 * Paystack: signed with the API secret key of the integration, so rotating the key rotates the
 * signature.
 *
 * Paystack gives its events no id. A hash of the body stands in: it absorbs byte-identical
 * redeliveries, and events that differ in anything are different events. What must count once
 * although told in several events (two deliveries that differ in a detail, the states of one
 * refund) is left to the keys of the facts.
 * @throws Error when a secret is blank
 * @see https://paystack.com/docs/payments/webhooks/
 */
export function createPaystackProvider(options: ProviderOptions): PaymentProvider {
  const { orderReferenceKey } = options;
  const keysByAccount = new Map(
    [...options.secrets].map(([account, secrets]) => [account, createSecretKeys(secrets)]),
  );

  return {
    name: 'paystack',
    hasAccount: (account) => keysByAccount.has(account),
    verify: (request) => {
      // Without keys nothing matches: an account that is not configured can verify nothing.
      const keys = keysByAccount.get(request.account) ?? [];
      return readEvent(request, checkPaystackSignature(request.headers, request.body, keys));
    },
    translate: (payload) => translatePaystackEvent(payload, orderReferenceKey),
    pointsAt: pointsAtPaystackTransaction,
    api: options.api === null ? null : createPaystackApi(options.api, orderReferenceKey),
  };
}

function readEvent({ body }: SignedRequest, secretIndex: number): VerifiedEvent {
  const payload = peekPayload(body);
  const data = asObject(payload?.['data']) ?? {};
  const fingerprint = digestBody(body);
  return markVerified({
    eventId: hashedEventId(fingerprint),
    eventType: payload === null ? UNREADABLE_TYPE : readEventType(payload['event']),
    occurredAtMs: readFirstTime(data, [
      'paid_at',
      'paidAt',
      'updated_at',
      'updatedAt',
      'created_at',
      'createdAt',
    ]),
    livemode: readPaystackLivemode(data['domain']),
    fingerprint,
    body,
    secretIndex,
  });
}
