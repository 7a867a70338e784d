import { fact } from './expected-facts.js';
import { atDay, BANK, INTENT, of, REFUND, row, usd } from './stripe.expected.js';

/** What the samples about a refund mean. */
export const REFUND_SAMPLES = [
  row(
    'refund.created',
    of(INTENT, [BANK], fact('refund', REFUND, { ...usd(2000n, atDay(3)), state: 'pending' })),
  ),
  row(
    'refund.updated',
    of(INTENT, [BANK], fact('refund', REFUND, { ...usd(2000n, atDay(4)), state: 'succeeded' })),
  ),
  row(
    'charge.refund.updated',
    of(INTENT, [BANK], fact('refund', REFUND, { ...usd(2000n, atDay(4)), state: 'succeeded' })),
  ),
  row(
    'refund.failed',
    of(
      INTENT,
      [BANK],
      fact('refund', 'pyr_3TgSampleOrder1001Second', { ...usd(1000n, atDay(6)), state: 'failed' }),
    ),
  ),
  row(
    'refund.updated.without-intent',
    of(
      'ch_1TgSampleOld2002',
      ['ch_1TgSampleOld2002'],
      fact('refund', 're_3TgSample2002Second', { ...usd(700n, atDay(3)), state: 'pending' }),
    ),
    'refund.updated',
  ),
];
