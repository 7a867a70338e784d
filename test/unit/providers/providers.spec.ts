import { describe, expect, it } from '@jest/globals';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { createProviders, findProviderEntry, PROVIDERS } from '../../../src/providers/providers.js';

describe('the list of providers', () => {
  it('has one name and one variable for each', () => {
    expect(new Set(PROVIDERS.map(({ name }) => name)).size).toBe(PROVIDERS.length);
    expect(new Set(PROVIDERS.map((entry) => entry.secretsVariable)).size).toBe(PROVIDERS.length);
  });

  it('makes each under its own name', () => {
    const secrets = new Map([[DEFAULT_ACCOUNT, ['a secret of sixteen']]]);
    const providers = createProviders({ stripe: secrets, paystack: new Map() }, 'order_id');
    expect([...providers].map(([name, provider]) => [name, provider.name])).toEqual(
      PROVIDERS.map(({ name }) => [name, name]),
    );
    expect(providers.get('stripe')?.hasAccount(DEFAULT_ACCOUNT)).toBe(true);
    expect(providers.get('paystack')?.hasAccount(DEFAULT_ACCOUNT)).toBe(false);
  });

  it('finds an entry by its name', () => {
    expect(findProviderEntry('paystack')?.secretsVariable).toBe('PAYSTACK_SECRET_KEYS');
    expect(findProviderEntry('constructor')).toBeUndefined();
  });
});
