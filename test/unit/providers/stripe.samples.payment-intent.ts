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
  START_MS,
  told,
  usd,
} from './stripe.expected.js';

/** What the samples about a PaymentIntent mean. */
export const INTENT_SAMPLES = [
  row('payment_intent.created', of(INTENT, [], asked(INTENT, 1001, 5000n, START_MS))),
  row(
    'payment_intent.requires_action',
    of(
      INTENT,
      [],
      asked(INTENT, 1001, 5000n, atMinute(1)),
      fact('pending', INTENT, told(atMinute(1))),
    ),
  ),
  row(
    'payment_intent.payment_failed',
    of(
      INTENT,
      [CARD],
      asked(INTENT, 1001, 5000n, atMinute(2)),
      fact('failed', CARD, told(atMinute(2))),
    ),
  ),
  row(
    'payment_intent.processing',
    of(
      INTENT,
      [BANK],
      asked(INTENT, 1001, 5000n, atMinute(5)),
      fact('pending', INTENT, told(atMinute(5))),
    ),
  ),
  row(
    'payment_intent.succeeded',
    of(
      INTENT,
      [BANK],
      asked(INTENT, 1001, 5000n, atDay(2)),
      fact('captured', INTENT, usd(5000n, atDay(2))),
    ),
  ),
  row(
    'payment_intent.succeeded.partial',
    of(
      'pi_3TgSampleOrder1002',
      ['ch_3TgSampleOrder1002'],
      asked('pi_3TgSampleOrder1002', 1002, 8000n, atDay(1)),
      fact('captured', 'pi_3TgSampleOrder1002', usd(6000n, atDay(1))),
    ),
    'payment_intent.succeeded',
  ),
  row(
    'payment_intent.succeeded.old',
    of(
      'pi_1TgSampleOld2001',
      ['ch_1TgSampleOld2001'],
      asked('pi_1TgSampleOld2001', 2001, 4200n, atMinute(61)),
      fact('captured', 'pi_1TgSampleOld2001', usd(4200n, atMinute(61))),
    ),
    'payment_intent.succeeded',
  ),
  row(
    'payment_intent.amount_capturable_updated',
    of(
      'pi_3TgSampleOrder1002',
      ['ch_3TgSampleOrder1002'],
      asked('pi_3TgSampleOrder1002', 1002, 8000n, atMinute(10)),
      fact('authorized', 'pi_3TgSampleOrder1002', usd(8000n, atMinute(10))),
    ),
  ),
  row(
    'payment_intent.canceled',
    of(
      'pi_3TgSampleOrder1003',
      ['ch_3TgSampleOrder1003'],
      asked('pi_3TgSampleOrder1003', 1003, 1500n, atDay(7)),
      fact('cancelled', 'pi_3TgSampleOrder1003', told(atDay(7))),
    ),
  ),
  row(
    'payment_intent.partially_funded',
    of(
      'pi_3TgSampleOrder1008',
      [],
      asked('pi_3TgSampleOrder1008', 1008, 9000n, atDay(1)),
      fact('pending', 'pi_3TgSampleOrder1008', told(atDay(1))),
    ),
  ),
];
