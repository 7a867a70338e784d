import { TollgateError } from '../errors.js';
import type { PaymentFacts } from '../payments/payment-fact.js';
import { parsePayload } from '../providers/payload.js';
import type { PaymentProvider } from '../providers/provider.js';
import { bodyOf } from './body-of.js';
import type { ClaimedEvent } from './ring.queries.js';

/** What an event says. */
export interface Translation {
  /** Null: nothing about a payment. `to_be_fetched`: nothing before its provider is asked. */
  readonly facts: PaymentFacts | 'to_be_fetched' | null;
  /** It does not say all by itself, so the provider is to be asked about its payment. */
  readonly isHint: boolean;
}

/**
 * Says in facts what an event means.
 * @throws TollgateError `provider_not_configured`, `payload_not_kept`, and as the provider's `translate` does
 */
export function translateEvent(
  providers: ReadonlyMap<string, PaymentProvider>,
  event: ClaimedEvent,
): Translation {
  const provider = providers.get(event.provider);
  if (!provider) {
    throw new TollgateError(
      'provider_not_configured',
      `no secret of ${event.provider} is configured in this worker`,
    );
  }
  const payload = parsePayload(bodyOf(event));
  const mayAsk = provider.api?.hasAccount(event.account) === true;
  const isHint = mayAsk && provider.pointsAt(payload) !== null;
  try {
    return { facts: provider.translate(payload), isHint };
  } catch (error) {
    const needsApi = error instanceof TollgateError && error.code === 'needs_provider_api';
    if (needsApi && isHint) return { facts: 'to_be_fetched', isHint: false };
    throw error;
  }
}
