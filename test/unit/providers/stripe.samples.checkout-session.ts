import { fact } from './expected-facts.js';
import { asked, atDay, atMinute, INTENT, of, row, told, usd } from './stripe.expected.js';

/** What the samples about a Checkout Session mean. */
export const SESSION_SAMPLES = [
  row(
    'checkout.session.completed',
    of(
      INTENT,
      [],
      asked('cs_test_TgSampleOrder1001', 1001, 5000n, atDay(2)),
      fact('captured', INTENT, usd(5000n, atDay(2))),
    ),
  ),
  row(
    'checkout.session.completed.unpaid',
    of(
      'pi_3TgSampleOrder1004',
      [],
      asked('cs_test_TgSampleOrder1004', 1004, 2500n, atMinute(31)),
      fact('pending', 'pi_3TgSampleOrder1004', told(atMinute(31))),
    ),
    'checkout.session.completed',
  ),
  row('checkout.session.completed.setup', null, 'checkout.session.completed'),
  row(
    'checkout.session.async_payment_succeeded',
    of(
      'pi_3TgSampleOrder1004',
      [],
      asked('cs_test_TgSampleOrder1004', 1004, 2500n, atDay(3)),
      fact('captured', 'pi_3TgSampleOrder1004', usd(2500n, atDay(3))),
    ),
  ),
  row(
    'checkout.session.async_payment_failed',
    of(
      'pi_3TgSampleOrder1005',
      [],
      asked('cs_test_TgSampleOrder1005', 1005, 2500n, atDay(3)),
      fact('failed', 'pi_3TgSampleOrder1005', told(atDay(3))),
    ),
  ),
  row(
    'checkout.session.expired',
    of(
      'pi_3TgSampleOrder1006',
      [],
      asked('cs_test_TgSampleOrder1006', 1006, 2500n, atDay(1)),
      fact('cancelled', 'pi_3TgSampleOrder1006', told(atDay(1))),
    ),
  ),
];
