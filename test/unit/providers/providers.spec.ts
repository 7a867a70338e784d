import { describe, expect, it } from '@jest/globals';
import type { ApiOptions } from '../../../src/providers/provider-api.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import {
  API_BASE_VARIABLES,
  API_KEY_PREFIXES,
  createProviders,
  findProviderEntry,
  PROVIDERS,
} from '../../../src/providers/providers.js';

const API: ApiOptions = {
  keys: new Map([[DEFAULT_ACCOUNT, ['sk_test_1']]]),
  baseUrl: null,
  timeoutMs: 1000,
  requestsPerSecondMax: 10,
  concurrencyMax: 2,
  breakerFailuresMax: 5,
  breakerPauseMs: 1000,
  settleMs: 1000,
};

describe('the list of providers', () => {
  it('has one name and one variable for each', () => {
    expect(new Set(PROVIDERS.map(({ name }) => name)).size).toBe(PROVIDERS.length);
    expect(new Set(PROVIDERS.map((entry) => entry.secretsVariable)).size).toBe(PROVIDERS.length);
  });

  it('makes each under its own name', () => {
    const secrets = new Map([[DEFAULT_ACCOUNT, ['a secret of sixteen']]]);
    const providers = createProviders({ stripe: secrets, paystack: new Map() }, 'order_id', {
      stripe: API,
      paystack: null,
    });
    expect([...providers].map(([name, provider]) => [name, provider.name])).toEqual(
      PROVIDERS.map(({ name }) => [name, name]),
    );
    expect(providers.get('stripe')?.hasAccount(DEFAULT_ACCOUNT)).toBe(true);
    expect(providers.get('paystack')?.hasAccount(DEFAULT_ACCOUNT)).toBe(false);
    expect(providers.get('stripe')?.api?.hasAccount(DEFAULT_ACCOUNT)).toBe(true);
    expect(providers.get('paystack')?.api).toBeNull();
  });

  it('says which variables hold the API keys, and where the APIs are', () => {
    expect([...API_KEY_PREFIXES]).toEqual([
      ['stripe', 'STRIPE_API_KEY'],
      ['paystack', 'PAYSTACK_SECRET_KEYS'],
    ]);
    expect([...API_BASE_VARIABLES.values()]).toEqual(['STRIPE_API_BASE', 'PAYSTACK_API_BASE']);
  });

  it('finds an entry by its name', () => {
    expect(findProviderEntry('paystack')?.secretsVariable).toBe('PAYSTACK_SECRET_KEYS');
    expect(findProviderEntry('constructor')).toBeUndefined();
  });
});
