import { fact } from './expected-facts.js';
import {
  asked,
  atDay,
  atMinute,
  BANK,
  CARD,
  INTENT,
  of,
  row,
  told,
  usd,
} from './stripe.expected.js';

/** What the samples about a charge mean. */
export const CHARGE_SAMPLES = [
  row(
    'charge.failed',
    of(
      INTENT,
      [CARD],
      asked(CARD, 1001, 5000n, atMinute(2)),
      fact('failed', CARD, told(atMinute(2))),
    ),
  ),
  row(
    'charge.pending',
    of(
      INTENT,
      [BANK],
      asked(BANK, 1001, 5000n, atMinute(5)),
      fact('pending', BANK, told(atMinute(5))),
    ),
  ),
  row(
    'charge.succeeded',
    of(
      INTENT,
      [BANK],
      asked(BANK, 1001, 5000n, atDay(2)),
      fact('captured', INTENT, usd(5000n, atDay(2))),
    ),
  ),
  row(
    'charge.succeeded.held',
    of(
      'pi_3TgSampleOrder1002',
      ['ch_3TgSampleOrder1002'],
      asked('ch_3TgSampleOrder1002', 1002, 8000n, atMinute(10)),
      fact('authorized', 'pi_3TgSampleOrder1002', usd(8000n, atMinute(10))),
    ),
    'charge.succeeded',
  ),
  row(
    'charge.succeeded.expanded',
    of(
      'pi_3TgSampleOrder1009',
      ['ch_3TgSampleOrder1009'],
      asked('ch_3TgSampleOrder1009', 1009, 1200n, atMinute(90)),
      fact('captured', 'pi_3TgSampleOrder1009', usd(1200n, atMinute(90))),
    ),
    'charge.succeeded',
  ),
  row(
    'charge.succeeded.old',
    of(
      'ch_TgSampleOldest2003',
      ['ch_TgSampleOldest2003'],
      fact('requested', 'ch_TgSampleOldest2003', usd(3300n, atMinute(80))),
      fact('captured', 'ch_TgSampleOldest2003', usd(3300n, atMinute(80))),
    ),
    'charge.succeeded',
  ),
  row(
    'charge.captured',
    of(
      'pi_3TgSampleOrder1002',
      ['ch_3TgSampleOrder1002'],
      asked('ch_3TgSampleOrder1002', 1002, 8000n, atDay(1)),
      fact('captured', 'pi_3TgSampleOrder1002', usd(6000n, atDay(1))),
    ),
  ),
  row(
    'charge.expired',
    of(
      'pi_3TgSampleOrder1003',
      ['ch_3TgSampleOrder1003'],
      asked('ch_3TgSampleOrder1003', 1003, 1500n, atDay(7)),
      fact('cancelled', 'pi_3TgSampleOrder1003', told(atDay(7))),
    ),
  ),
  row(
    'charge.updated',
    of(
      INTENT,
      [BANK],
      asked(BANK, 1001, 5000n, atDay(2) + 60_000),
      fact('captured', INTENT, usd(5000n, atMinute(5))),
    ),
  ),
  row(
    'charge.refunded',
    of(
      INTENT,
      [BANK],
      asked(BANK, 1001, 5000n, atDay(3)),
      fact('captured', INTENT, usd(5000n, atMinute(5))),
      fact('refunded_total', INTENT, usd(2000n, atDay(3))),
    ),
  ),
  row(
    'charge.refunded.partial-capture',
    of(
      'pi_3TgSampleOrder1002',
      ['ch_3TgSampleOrder1002'],
      asked('ch_3TgSampleOrder1002', 1002, 8000n, atDay(2)),
      fact('captured', 'pi_3TgSampleOrder1002', usd(6000n, atMinute(10))),
      fact('refunded_total', 'pi_3TgSampleOrder1002', usd(1000n, atDay(2))),
    ),
    'charge.refunded',
  ),
  row(
    'charge.refunded.released',
    of(
      'pi_3TgSampleOrder1003',
      ['ch_3TgSampleOrder1003'],
      asked('ch_3TgSampleOrder1003', 1003, 1500n, atDay(7)),
    ),
    'charge.refunded',
  ),
  row(
    'charge.refunded.old',
    of(
      'ch_1TgSampleOld2002',
      ['ch_1TgSampleOld2002'],
      asked('ch_1TgSampleOld2002', 2002, 1500n, atDay(2)),
      fact('captured', 'ch_1TgSampleOld2002', usd(1500n, atMinute(70))),
      fact('refund', 're_1TgSampleOld2002', { ...usd(500n, atDay(2)), state: 'succeeded' }),
      fact('refunded_total', 'ch_1TgSampleOld2002', usd(500n, atDay(2))),
    ),
    'charge.refunded',
  ),
];
