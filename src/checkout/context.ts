import type { Pool } from 'pg';
import { TollgateError } from '../errors.js';
import type { RingContext } from '../inbox/process-ring.js';
import type { PaymentProvider } from '../providers/provider.js';
import type { ProviderApi } from '../providers/provider-api.js';

/** What the commands work with. */
export interface CheckoutContext {
  readonly pool: Pool;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  /** Applies what a provider answered, as the worker applies what it sent. */
  readonly ring: RingContext;
}

/**
 * What can be asked of a provider for an account.
 * @throws TollgateError `provider_not_configured` without an API key
 */
export function apiOf(
  { providers }: Pick<CheckoutContext, 'providers'>,
  { provider, account }: { readonly provider: string; readonly account: string },
): ProviderApi {
  const api = providers.get(provider)?.api;
  if (api?.hasAccount(account)) return api;
  throw new TollgateError(
    'provider_not_configured',
    `there is no API key of ${provider} for the account ${account}`,
  );
}
