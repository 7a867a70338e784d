import type { Random } from '../random.js';
import { orderOf, type Setting } from './life.js';
import type { Kind } from './kind.js';
import { PaystackTeller } from './paystack.teller.js';

const DAY = 86_400;
/** Transactions at Paystack have numbers past 2^31. */
const NUMBERS_FROM = 4_000_000_000;

function tellerOf(setting: Setting, random: Random, isOurs = true): PaystackTeller {
  return new PaystackTeller(setting, NUMBERS_FROM + random.below(900_000_000), isOurs);
}

function simple(
  tell: (teller: PaystackTeller, minor: number, random: Random) => unknown,
): Kind['make'] {
  return (setting, random) => {
    const teller = tellerOf(setting, random);
    tell(teller, setting.amountMinor, random);
    return { order: orderOf(setting), events: teller.events };
  };
}

/** Lives that Paystack tells; the shares are parts of all lives, in percent. */
export const PAYSTACK_KINDS: Readonly<Record<string, Kind>> = {
  'paystack: paid': {
    share: 10,
    make: simple((teller) => teller.charge('charge.success', 60)),
  },
  // Of a charge that failed Paystack tells nothing that it documents; the next one is another.
  'paystack: failed and paid then': {
    share: 2,
    make: simple((teller) =>
      teller
        .charge('charge.failed', 30, { status: 'failed', paid_at: null }, 'a')
        .charge('charge.success', 90, {}, 'b'),
    ),
  },
  'paystack: refunded in part': {
    share: 2,
    make: simple((teller, minor, random) => {
      const part = 1 + random.below(minor - 1);
      teller
        .charge('charge.success', 60)
        .refund('pending', part)
        .refund('processing', part)
        .refund('processed', part);
    }),
  },
  'paystack: refunded': {
    share: 2,
    make: simple((teller, minor) =>
      teller
        .charge('charge.success', 60)
        .refund('pending', minor)
        // Some refunds come with an id, and with a time.
        .refund('processed', minor, { id: 8_000_000 + (minor % 1000), amount: minor }),
    ),
  },
  'paystack: a refund that fails': {
    share: 2,
    make: simple((teller, minor) =>
      teller
        .charge('charge.success', 60)
        .refund('pending', minor)
        .refund('processing', minor)
        .refund('failed', minor, { amount: minor }),
    ),
  },
  'paystack: a dispute': {
    share: 2,
    make: simple((teller, _minor, random) => {
      const resolution = random.pick(['declined', 'merchant-accepted']);
      teller
        .charge('charge.success', 60)
        .dispute('create', 7200, { status: 'awaiting-merchant-feedback' })
        .dispute('remind', DAY, { status: 'awaiting-merchant-feedback' })
        .dispute('resolve', 3 * DAY, { status: 'resolved', resolution });
    }),
  },
  'paystack: more than owed': {
    share: 2,
    make: (setting, random) => {
      const { events } = tellerOf(setting, random).charge('charge.success', 60);
      const amountMinor = 1 + random.below(setting.amountMinor - 1);
      return { order: orderOf(setting, { amountMinor }), events };
    },
  },
  'paystack: no order of ours': {
    share: 2,
    make: (setting, random) => {
      const { events } = tellerOf(setting, random, false).charge('charge.success', 60);
      return { order: null, events };
    },
  },
};
