import Stripe from 'stripe';
import {
  connectionFailure,
  notConfigured,
  ProviderBusyError,
  ProviderRefusal,
  quote,
  unanswered,
  type Access,
} from '../provider-errors.js';

/**
 * Stripe repeated a failure that it keeps under an idempotency key: repeating the request under
 * this key gives the same for ever, and does not tell whether the first one acted.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export class StripeReplayedFailure extends ProviderBusyError {
  override readonly name = 'StripeReplayedFailure';

  constructor(status: number) {
    super('provider_outcome_unknown', `stripe repeated a failure that it has kept (${status})`);
  }
}

/**
 * What a failure of the SDK comes to. Nothing of the SDK's error but its code and its message is
 * kept: it carries the request, the answer and with them the client secret.
 * @returns a TollgateError
 * @see https://docs.stripe.com/error-low-level
 */
export function classifyStripeError(error: unknown, access: Access): Error {
  if (error instanceof Stripe.errors.StripeConnectionError) {
    return connectionFailure('stripe', access, error.detail);
  }
  if (!(error instanceof Stripe.errors.StripeError) || error.statusCode === undefined) {
    return unanswered(access, 'stripe gave an answer that is not its JSON');
  }
  return classifyAnswer(error, error.statusCode, access);
}

function classifyAnswer(error: Stripe.errors.StripeError, status: number, access: Access): Error {
  const code = error.code ?? error.rawType;
  const reason = code === undefined ? null : quote(code);
  const said = `${reason ?? status}: ${quote(error.message)}`;
  if (status >= 500) {
    return error.headers?.['idempotent-replayed'] === 'true'
      ? new StripeReplayedFailure(status)
      : unanswered(access, `stripe failed (${status})`);
  }
  // 409: another request under this idempotency key is under way.
  if (status === 429 || status === 409 || error.code === 'rate_limit') {
    return new ProviderBusyError('provider_unavailable', `stripe is busy (${reason ?? status})`);
  }
  // Stripe's message quotes a part of the key.
  if (status === 401) return notConfigured('stripe does not accept the API key');
  if (status === 403) return notConfigured(`the API key may not do this at stripe (${status})`);
  // The same thing was asked for in other words, by an older version of us: what came of that counts.
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return new StripeReplayedFailure(status);
  if (status === 404) return new ProviderRefusal('stripe does not know this payment', reason);
  return new ProviderRefusal(`stripe refused: ${said}`, reason);
}
