import { milliseconds, type Config } from '../config/config.js';
import { measureApi, type CallListener } from './measure-api.js';
import type { ApiOptions } from './provider-api.js';
import type { PaymentProvider } from './provider.js';
import {
  createProviders,
  PROVIDERS,
  type ApiOptionsByProvider,
  type SecretsByProvider,
} from './providers.js';

/**
 * Makes every provider as it is configured, by name.
 * @param onCall told of each call of a provider's API
 */
export function configureProviders(
  config: Config,
  onCall: (provider: string, ...call: Parameters<CallListener>) => void,
): ReadonlyMap<string, PaymentProvider> {
  const providers = createProviders(
    secretsOf(config),
    config.ORDER_REFERENCE_KEY,
    apiOptionsOf(config),
  );
  return new Map([...providers].map(([name, provider]) => [name, measured(provider)]));

  function measured(provider: PaymentProvider): PaymentProvider {
    const { name, api } = provider;
    if (api === null) return provider;
    const measuredApi = measureApi(api, (...call) => {
      onCall(name, ...call);
    });
    return { ...provider, api: measuredApi };
  }
}

function secretsOf(config: Config): SecretsByProvider {
  const none: ReadonlyMap<string, readonly string[]> = new Map();
  const entries = PROVIDERS.map(({ name }) => [name, config.providerSecrets.get(name) ?? none]);
  return Object.fromEntries(entries) as SecretsByProvider;
}

/** Without an API key a provider is listened to and never asked. */
function apiOptionsOf(config: Config): ApiOptionsByProvider {
  const entries = PROVIDERS.map(({ name, apiBaseVariable }): [string, ApiOptions | null] => {
    const keys = config.providerApiKeys.get(name);
    if (!keys) return [name, null];
    const options: ApiOptions = {
      keys,
      baseUrl: config[apiBaseVariable] ?? null,
      timeoutMs: config.PROVIDER_TIMEOUT_MS,
      requestsPerSecondMax: config.PROVIDER_REQUESTS_PER_SECOND,
      concurrencyMax: config.PROVIDER_CONCURRENCY,
      breakerFailuresMax: config.PROVIDER_BREAKER_FAILURES,
      breakerPauseMs: milliseconds(config.PROVIDER_BREAKER_PAUSE_SECONDS),
      settleMs: milliseconds(config.PROVIDER_SETTLE_SECONDS),
    };
    return [name, options];
  });
  return Object.fromEntries(entries) as ApiOptionsByProvider;
}
