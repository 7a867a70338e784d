import type { ErrorCode } from '../../../src/errors.js';
import type { PaymentFacts } from '../../../src/payments/payment-fact.js';
import type { ProviderSample } from '../../contracts/provider-harness.js';
import { fact } from './expected-facts.js';

// The story of order sample-1001: a card is declined, a bank debit arrives two days later.
export const INTENT = 'pi_3TgSampleOrder1001';
export const CARD = 'ch_3TgSampleOrder1001Card';
export const BANK = 'py_3TgSampleOrder1001Bank';
export const REFUND = 'pyr_3TgSampleOrder1001First';
export const DISPUTE = 'du_3TgSampleOrder1001';

export const START_MS = Date.parse('2026-01-15T10:00:00Z');
export const atMinute = (minutes: number) => START_MS + minutes * 60_000;
export const atDay = (days: number) => START_MS + days * 86_400_000;

export const usd = (amountMinor: bigint, occurredAtMs: number) => ({
  amountMinor,
  currency: 'USD',
  occurredAtMs,
});
export const told = (occurredAtMs: number) => ({ currency: 'USD', occurredAtMs });
export const asked = (key: string, order: number, amountMinor: bigint, occurredAtMs: number) =>
  fact('requested', key, { ...usd(amountMinor, occurredAtMs), reference: `sample-${order}` });

export const row = (
  name: string,
  expected: PaymentFacts | ErrorCode | null,
  eventType = name,
): ProviderSample => ({ name, eventType, expected });

export const of = (
  providerPaymentId: string | null,
  partIds: readonly string[],
  ...facts: PaymentFacts['facts']
): PaymentFacts => ({ providerPaymentId, partIds, startedAs: null, livemode: false, facts });
