import type { EventFacts } from '../../src/payments/ring-state.js';
import type { PaymentProvider } from '../../src/providers/provider.js';
import {
  createProviders,
  PROVIDERS,
  type SecretsByProvider,
} from '../../src/providers/providers.js';
import type { Lifecycle } from './lifecycles.js';

/** A secret that every test provider knows. */
export const TEST_SECRET = 'secret-for-tests-only-0123456789';

/** All providers, each with the one test secret for its default account. */
export function testProviders(): ReadonlyMap<string, PaymentProvider> {
  const secrets = Object.fromEntries(
    PROVIDERS.map(({ name }) => [name, new Map([['default', [TEST_SECRET]]])]),
  ) as unknown as SecretsByProvider;
  return createProviders(secrets, 'order_id', { stripe: null, paystack: null });
}

/** A life as the planner sees it; the inbox ids are the places in it. */
export function translateLife(life: Lifecycle): EventFacts[] {
  const provider = testProviders().get(life.provider);
  return life.events.map((payload, index) => {
    const facts = provider?.translate(payload);
    if (!facts) throw new Error(`${life.name}: event ${index} says nothing`);
    return {
      inboxId: String(index),
      command: null,
      provider: life.provider,
      account: 'default',
      facts,
    };
  });
}
