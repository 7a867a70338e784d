import { fact } from './expected-facts.js';
import { atDay, BANK, DISPUTE, INTENT, of, row, usd } from './stripe.expected.js';

/** What the samples about a dispute mean. */
export const DISPUTE_SAMPLES = [
  row(
    'charge.dispute.created',
    of(INTENT, [BANK], fact('dispute', DISPUTE, { ...usd(3000n, atDay(20)), state: 'open' })),
  ),
  row(
    'charge.dispute.funds_withdrawn',
    of(INTENT, [BANK], fact('dispute', DISPUTE, { ...usd(3000n, atDay(20)), state: 'open' })),
  ),
  row(
    'charge.dispute.updated',
    of(INTENT, [BANK], fact('dispute', DISPUTE, { ...usd(3000n, atDay(22)), state: 'open' })),
  ),
  row(
    'charge.dispute.closed',
    of(INTENT, [BANK], fact('dispute', DISPUTE, { ...usd(3000n, atDay(60)), state: 'won' })),
  ),
  row(
    'charge.dispute.funds_reinstated',
    of(INTENT, [BANK], fact('dispute', DISPUTE, { ...usd(3000n, atDay(60)), state: 'won' })),
  ),
  row(
    'charge.dispute.created.old',
    of(
      null,
      ['ch_1TgSampleOld2001'],
      fact('dispute', 'dp_1TgSampleOld2001', { ...usd(4200n, atDay(30)), state: 'open' }),
    ),
    'charge.dispute.created',
  ),
];
