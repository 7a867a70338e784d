import { createPaystackProvider } from './paystack/paystack.provider.js';
import { signPaystackBody } from './paystack/paystack.sign.js';
import type { ApiOptions } from './provider-api.js';
import type { ProviderEntry } from './provider-entry.js';
import type { PaymentProvider, SecretsByAccount } from './provider.js';
import { createStripeProvider } from './stripe/stripe.provider.js';
import { signStripeBody } from './stripe/stripe.sign.js';

/**
 * Every provider that Tollgate knows. The only list: routes, configuration, the `send` script and
 * the contract tests derive from it. A new provider is a folder and an entry here.
 */
export const PROVIDERS = [
  {
    name: 'stripe',
    secretsVariable: 'STRIPE_WEBHOOK_SECRETS',
    apiKeysVariable: 'STRIPE_API_KEY',
    apiBaseVariable: 'STRIPE_API_BASE',
    create: createStripeProvider,
    sign: signStripeBody,
    samplesFolder: new URL('./stripe/samples/', import.meta.url),
  },
  {
    name: 'paystack',
    secretsVariable: 'PAYSTACK_SECRET_KEYS',
    apiKeysVariable: 'PAYSTACK_SECRET_KEYS',
    apiBaseVariable: 'PAYSTACK_API_BASE',
    create: createPaystackProvider,
    sign: signPaystackBody,
    samplesFolder: new URL('./paystack/samples/', import.meta.url),
  },
] as const satisfies readonly ProviderEntry[];

/** The name of a provider of the list. */
export type ProviderName = (typeof PROVIDERS)[number]['name'];

/** The active secrets of every provider; an empty map switches a provider off. */
export type SecretsByProvider = Readonly<Record<ProviderName, SecretsByAccount>>;

/** What every provider's API is asked with; null where it is not asked. */
export type ApiOptionsByProvider = Readonly<Record<ProviderName, ApiOptions | null>>;

/**
 * Makes every provider of the list.
 * @param orderReferenceKey the metadata key that holds our order reference
 * @returns the providers by name
 * @throws Error when a secret is blank
 */
export function createProviders(
  secretsByProvider: SecretsByProvider,
  orderReferenceKey: string,
  apiOptionsByProvider: ApiOptionsByProvider,
): ReadonlyMap<string, PaymentProvider> {
  return new Map(
    PROVIDERS.map(({ name, create }) => [
      name,
      create({
        secrets: secretsByProvider[name],
        orderReferenceKey,
        api: apiOptionsByProvider[name],
      }),
    ]),
  );
}

/** The entry of a provider; undefined when there is none of this name. */
export function findProviderEntry(name: string): ProviderEntry | undefined {
  return PROVIDERS.find((entry) => entry.name === name);
}

/** Provider name → environment variable of its secrets: what the configuration has to look for. */
export const SECRET_PREFIXES: ReadonlyMap<string, string> = new Map(
  PROVIDERS.map(({ name, secretsVariable }) => [name, secretsVariable]),
);

/** Provider name → environment variable of its API keys. */
export const API_KEY_PREFIXES: ReadonlyMap<string, string> = new Map(
  PROVIDERS.map(({ name, apiKeysVariable }) => [name, apiKeysVariable]),
);

/** Provider name → environment variable of the base of its API's addresses. */
export const API_BASE_VARIABLES: ReadonlyMap<string, string> = new Map(
  PROVIDERS.map(({ name, apiBaseVariable }) => [name, apiBaseVariable]),
);
