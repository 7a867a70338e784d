import fc from 'fast-check';
import { ERRORS, TollgateError } from '../../../src/errors.js';
import type { PaymentFacts } from '../../../src/payments/payment-fact.js';
import { parsePayload } from '../../../src/providers/payload.js';
import type { Observation, ProviderApi } from '../../../src/providers/provider-api.js';
import type { JsonObject, PaymentProvider } from '../../../src/providers/provider.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { findProviderEntry } from '../../../src/providers/providers.js';
import { expectStorable } from '../../contracts/storable-facts.js';
import { mutate, strangeValue } from '../../support/hostile-values.js';
import { apiOptions, paymentStart } from './api-harness.js';

/** A provider that is asked at this address, and its API. */
export function createAsked(name: string, baseUrl: string): PaymentProvider & { api: ProviderApi } {
  const entry = findProviderEntry(name);
  const provider = entry?.create({
    secrets: new Map(),
    orderReferenceKey: 'order_id',
    api: apiOptions(baseUrl),
  });
  if (!provider?.api) throw new Error(`there is no API of ${name}`);
  return { ...provider, api: provider.api };
}

/** Starts a payment of 5000. */
export async function startAt({ api }: { api: ProviderApi }): Promise<string> {
  return (await api.startPayment(paymentStart())).providerPaymentId;
}

export function look(
  { api }: { api: ProviderApi },
  providerPaymentId: string,
): Promise<Observation> {
  return api.observePayment({ account: DEFAULT_ACCOUNT, providerPaymentId });
}

/** What an observation means. */
export function factsOf(provider: PaymentProvider, { body }: Observation): PaymentFacts {
  const facts = provider.translate(parsePayload(body));
  if (facts === null) throw new Error('the observation says nothing');
  return facts;
}

/** Kind, key, amount, time and state of each fact, without the request. */
export function toldBy(provider: PaymentProvider, observation: Observation) {
  return factsOf(provider, observation)
    .facts.filter(({ kind }) => kind !== 'requested')
    .map(({ kind, key, amountMinor, occurredAtMs, state }) =>
      [kind, key, amountMinor, occurredAtMs, state].filter((value) => value !== null),
    );
}

export function bodyOf({ body }: Observation): JsonObject {
  return parsePayload(body);
}

/** However an observation is broken: it means what can be stored, or becomes a dead letter. */
export function expectSoundWhenBroken(provider: PaymentProvider, observation: Observation): void {
  const places = fc.array(fc.tuple(fc.nat(), strangeValue), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(places, (mutations) => {
      const payload = bodyOf(observation);
      for (const [place, value] of mutations) mutate(payload, place, value);
      try {
        const facts = provider.translate(payload);
        if (facts !== null) expectStorable(facts);
      } catch (error) {
        if (error instanceof TollgateError && ERRORS[error.code].next === 'dead') return;
        throw error;
      }
    }),
    { numRuns: 1_000 },
  );
}
