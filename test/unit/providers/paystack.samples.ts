import type { PaymentFacts } from '../../../src/payments/payment-fact.js';
import type { ProviderSample } from '../../contracts/provider-harness.js';
import { fact } from './expected-facts.js';

const PAYMENT = 'tg-sample-3001';
const TRANSACTION = '5000003001';
const PAID_AT_MS = Date.parse('2026-01-15T10:05:00Z');

const ngn = (amountMinor: bigint, occurredAtMs: number | null = null) => ({
  amountMinor,
  currency: 'NGN',
  occurredAtMs,
});

const row = (name: string, expected: PaymentFacts | null, eventType = name): ProviderSample => ({
  name,
  eventType,
  expected,
});

const of = (
  providerPaymentId: string,
  partIds: readonly string[],
  ...facts: PaymentFacts['facts']
): PaymentFacts => ({ providerPaymentId, partIds, startedAs: null, livemode: false, facts });

/** What every Paystack sample means. */
export const PAYSTACK_SAMPLES: readonly ProviderSample[] = [
  row(
    'charge.success',
    of(
      PAYMENT,
      [TRANSACTION],
      fact('requested', PAYMENT, { ...ngn(500_000n, PAID_AT_MS), reference: 'sample-3001' }),
      fact('captured', PAYMENT, ngn(500_000n, PAID_AT_MS)),
    ),
  ),
  row(
    'charge.success.metadata-zero',
    of(
      'tg-sample-3002',
      ['5000003002'],
      fact('requested', 'tg-sample-3002', ngn(250_000n, PAID_AT_MS)),
      fact('captured', 'tg-sample-3002', ngn(250_000n, PAID_AT_MS)),
    ),
    'charge.success',
  ),
  row(
    'charge.success.metadata-empty',
    of(
      'tg-sample-3003',
      ['5000003003'],
      fact('requested', 'tg-sample-3003', { ...ngn(100n, PAID_AT_MS), currency: 'GHS' }),
      fact('captured', 'tg-sample-3003', { ...ngn(100n, PAID_AT_MS), currency: 'GHS' }),
    ),
    'charge.success',
  ),
  row(
    'charge.success.metadata-text',
    {
      ...of(
        'tg-sample-3004',
        ['5000003004'],
        fact('requested', 'tg-sample-3004', { ...ngn(250_000n, PAID_AT_MS), reference: '3004' }),
        fact('captured', 'tg-sample-3004', ngn(251_260n, PAID_AT_MS)),
      ),
      startedAs: null,
      livemode: true,
    },
    'charge.success',
  ),
  row(
    'charge.dispute.create',
    of(
      PAYMENT,
      [TRANSACTION],
      fact('dispute', '700001', {
        ...ngn(300_000n, Date.parse('2026-02-04T09:00:00Z')),
        state: 'open',
      }),
    ),
  ),
  row(
    'charge.dispute.remind',
    of(
      PAYMENT,
      [TRANSACTION],
      fact('dispute', '700001', {
        ...ngn(300_000n, Date.parse('2026-02-05T09:00:00Z')),
        state: 'open',
      }),
    ),
  ),
  row(
    'charge.dispute.resolve',
    of(
      PAYMENT,
      [TRANSACTION],
      fact('dispute', '700001', {
        ...ngn(300_000n, Date.parse('2026-02-06T12:00:00Z')),
        state: 'won',
      }),
    ),
  ),
  row(
    'refund.pending',
    of(PAYMENT, [], fact('refund', 'hint:200000', { ...ngn(200_000n), state: 'pending' })),
  ),
  row(
    'refund.processing',
    of(PAYMENT, [], fact('refund', 'hint:200000', { ...ngn(200_000n), state: 'pending' })),
  ),
  row(
    'refund.processed',
    of(PAYMENT, [], fact('refund', 'hint:200000', { ...ngn(200_000n), state: 'succeeded' })),
  ),
  row(
    'refund.failed',
    of(PAYMENT, [], fact('refund', 'hint:100000', { ...ngn(100_000n), state: 'failed' })),
  ),
  row(
    'refund.needs-attention',
    of(PAYMENT, [], fact('refund', '8000001', { ...ngn(50_000n), state: 'pending' })),
  ),
  row(
    'refund.processed.with-id',
    of(
      PAYMENT,
      [],
      fact('refund', '8000001', {
        ...ngn(50_000n, Date.parse('2026-01-20T08:00:00Z')),
        state: 'succeeded',
      }),
    ),
    'refund.processed',
  ),
  row('transfer.success', null),
];
