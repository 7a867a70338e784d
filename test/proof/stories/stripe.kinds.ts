import type { Random } from '../random.js';
import { orderOf } from './life.js';
import type { Kind } from './kind.js';
import { StripeTeller } from './stripe.teller.js';

const DAY = 86_400;

/** A charge that took all of an amount. */
function inFull(minor: number) {
  return { status: 'succeeded', paid: true, captured: true, amount_captured: minor };
}

const HELD = { status: 'succeeded', paid: true };
const DECLINED = {
  status: 'failed',
  failure_code: 'card_declined',
  failure_message: 'Your card was declined.',
};

/** Created, charged and paid within seconds. */
function paid(teller: StripeTeller, minor: number): StripeTeller {
  return teller
    .intent('created', 0)
    .charge('succeeded', 4, inFull(minor))
    .intent('succeeded', 4, {
      status: 'succeeded',
      amount_received: minor,
      latest_charge: teller.chargeId(1),
    });
}

/** Somebody has tried to pay, and was declined. */
function declined(teller: StripeTeller): StripeTeller {
  const charge = teller.chargeId(1);
  const error = { charge, code: 'card_declined', decline_code: 'generic_decline' };
  return teller
    .intent('created', 0)
    .charge('failed', 5, DECLINED)
    .intent('payment_failed', 5, { latest_charge: charge, last_payment_error: error });
}

/** Funds are held until somebody takes them. */
function held(teller: StripeTeller, minor: number): StripeTeller {
  return teller
    .intent('created', 0, { capture_method: 'manual' })
    .charge('succeeded', 6, HELD)
    .intent('amount_capturable_updated', 6, {
      status: 'requires_capture',
      capture_method: 'manual',
      amount_capturable: minor,
      latest_charge: teller.chargeId(1),
    });
}

/** A refund, and what the charge says then. */
function refunded(teller: StripeTeller, at: number, name: string, minor: number, total: number) {
  return (ofMinor: number) =>
    teller
      .refund('refund.created', at, name, minor, { status: 'succeeded' })
      .charge('refunded', at, {
        ...inFull(ofMinor),
        amount_refunded: total,
        refunded: total === ofMinor,
      });
}

/** A whole number of the smallest unit, somewhere between the ends of an amount. */
function aPartOf(minor: number, random: Random): number {
  return 1 + random.below(minor - 1);
}

/** A life of one payment, of an order that owes as much as it asks for. */
function simple(
  tell: (teller: StripeTeller, minor: number, random: Random) => unknown,
): Kind['make'] {
  return (setting, random) => {
    const teller = new StripeTeller(setting);
    tell(teller, setting.amountMinor, random);
    return { order: orderOf(setting), events: teller.events };
  };
}

/** Lives that Stripe tells; the shares are parts of all lives, in percent. */
export const STRIPE_KINDS: Readonly<Record<string, Kind>> = {
  'stripe: paid': {
    share: 27,
    make: simple((teller, minor) =>
      paid(teller, minor).charge('updated', 6, {
        ...inFull(minor),
        balance_transaction: teller.chargeId(1).replace('ch', 'txn'),
      }),
    ),
  },
  'stripe: paid on a hosted page': {
    share: 7,
    make: simple((teller, minor) =>
      paid(teller, minor).session('completed', 5, { payment_status: 'paid', status: 'complete' }),
    ),
  },
  'stripe: paid after a failed attempt': {
    share: 2,
    make: simple((teller, minor) =>
      declined(teller)
        .charge('succeeded', 60, inFull(minor), 2)
        .intent('succeeded', 60, {
          status: 'succeeded',
          amount_received: minor,
          latest_charge: teller.chargeId(2),
        }),
    ),
  },
  'stripe: paid after another look at the customer': {
    share: 2,
    make: simple((teller, minor) =>
      teller
        .intent('created', 0)
        .intent('requires_action', 3, {
          status: 'requires_action',
          next_action: {
            type: 'use_stripe_sdk',
            use_stripe_sdk: { type: 'three_d_secure_redirect' },
          },
        })
        .charge('succeeded', 40, inFull(minor))
        .intent('succeeded', 40, {
          status: 'succeeded',
          amount_received: minor,
          latest_charge: teller.chargeId(1),
        }),
    ),
  },
  'stripe: under way': {
    share: 2,
    make: simple((teller) =>
      teller.intent('created', 0).intent('processing', 3, { status: 'processing' }),
    ),
  },
  'stripe: declined': { share: 2, make: simple((teller) => declined(teller)) },
  'stripe: held and taken later': {
    share: 2,
    make: simple((teller, minor) =>
      held(teller, minor)
        .charge('captured', DAY, inFull(minor))
        .intent('succeeded', DAY, {
          status: 'succeeded',
          amount_received: minor,
          latest_charge: teller.chargeId(1),
        }),
    ),
  },
  'stripe: held and taken in part': {
    share: 2,
    make: simple((teller, minor, random) => {
      const part = aPartOf(minor, random);
      held(teller, minor)
        .charge('captured', DAY, { ...inFull(part), amount_refunded: minor - part })
        .intent('succeeded', DAY, { status: 'succeeded', amount_received: part });
    }),
  },
  'stripe: refunded in part': {
    share: 2,
    make: simple((teller, minor, random) => {
      const part = aPartOf(minor, random);
      refunded(paid(teller, minor), DAY, 'x', part, part)(minor);
    }),
  },
  'stripe: refunded in two parts': {
    share: 2,
    make: simple((teller, minor, random) => {
      const part = aPartOf(minor, random);
      refunded(paid(teller, minor), DAY, 'x', part, part)(minor);
      refunded(teller, 2 * DAY, 'y', minor - part, minor)(minor);
    }),
  },
  'stripe: a refund that fails': {
    share: 2,
    make: simple((teller, minor) => {
      const failed = { status: 'failed', failure_reason: 'lost_or_stolen_card' };
      paid(teller, minor)
        .refund('refund.created', DAY, 'x', minor, { status: 'pending' })
        .charge('refunded', DAY, { ...inFull(minor), amount_refunded: minor, refunded: true })
        .refund('refund.failed', 3 * DAY, 'x', minor, failed)
        // As an old version of the API tells it: it names the charge alone.
        .refund('charge.refund.updated', 3 * DAY, 'x', minor, {
          ...failed,
          payment_intent: undefined,
        });
    }),
  },
  'stripe: a dispute that is won': {
    share: 2,
    make: simple((teller, minor) =>
      paid(teller, minor)
        .dispute('created', 5 * DAY, { status: 'needs_response' })
        .dispute('funds_withdrawn', 5 * DAY, { status: 'needs_response' })
        .dispute('updated', 7 * DAY, { status: 'under_review' })
        .dispute('funds_reinstated', 30 * DAY, { status: 'won' })
        .dispute('closed', 30 * DAY, { status: 'won' }),
    ),
  },
  'stripe: a dispute that is lost': {
    share: 2,
    make: simple((teller, minor) =>
      paid(teller, minor)
        .dispute('created', 5 * DAY, {
          status: 'warning_needs_response',
          payment_intent: undefined,
        })
        .dispute('updated', 7 * DAY, { status: 'needs_response', payment_intent: undefined })
        .dispute('closed', 30 * DAY, { status: 'lost' }),
    ),
  },
  'stripe: cancelled': {
    share: 2,
    make: simple((teller, minor) =>
      held(teller, minor)
        .charge('refunded', 7 * DAY, { ...HELD, amount_refunded: minor, refunded: true })
        .intent('canceled', 7 * DAY, {
          status: 'canceled',
          canceled_at: 0,
          cancellation_reason: 'automatic',
          latest_charge: teller.chargeId(1),
        }),
    ),
  },
  'stripe: cancelled and paid all the same': {
    share: 2,
    make: simple((teller, minor) =>
      teller
        .intent('created', 0)
        .intent('canceled', 60, { status: 'canceled', cancellation_reason: 'abandoned' })
        .charge('succeeded', 61, inFull(minor))
        .intent('succeeded', 61, { status: 'succeeded', amount_received: minor }),
    ),
  },
  'stripe: paid twice': {
    share: 2,
    make: simple((teller, minor) => void paid(paid(teller, minor).another(), minor)),
  },
  'stripe: paid twice, and once given back': {
    share: 2,
    make: simple((teller, minor) => {
      const other = paid(paid(teller, minor).another(), minor);
      refunded(other, DAY, 'x', minor, minor)(minor);
    }),
  },
  'stripe: paid in two parts': {
    share: 2,
    make: (setting) => {
      const teller = new StripeTeller(setting);
      const restMinor = 250 + (setting.amountMinor % 100);
      paid(teller, setting.amountMinor);
      paid(teller.another({ amountMinor: restMinor }), restMinor);
      const amountMinor = setting.amountMinor + restMinor;
      return { order: orderOf(setting, { amountMinor }), events: teller.events };
    },
  },
  'stripe: more than owed': {
    share: 2,
    make: (setting, random) => {
      const { events } = paid(new StripeTeller(setting), setting.amountMinor);
      const amountMinor = aPartOf(setting.amountMinor, random);
      return { order: orderOf(setting, { amountMinor }), events };
    },
  },
  'stripe: another currency': {
    share: 2,
    make: (setting) => {
      const { events } = paid(new StripeTeller(setting), setting.amountMinor);
      return { order: orderOf(setting, { currency: 'CHF' }), events };
    },
  },
  'stripe: an order that nobody creates': {
    share: 2,
    make: (setting) => {
      const { events } = paid(new StripeTeller(setting), setting.amountMinor);
      return { order: null, events };
    },
  },
  'stripe: no order of ours': {
    share: 2,
    make: (setting) => {
      const { events } = paid(new StripeTeller(setting, 'a', false), setting.amountMinor);
      return { order: null, events };
    },
  },
  'stripe: nothing about a payment': {
    share: 2,
    make: (setting) => {
      const { tag, livemode, startedAt } = setting;
      const customer = { id: `cus_${tag}`, object: 'customer', created: startedAt, livemode };
      const teller = new StripeTeller(setting)
        .tell('customer.created', 0, { ...customer, email: 'buyer@example.com', metadata: {} })
        .tell('payment_method.attached', 1, { id: `pm_${tag}`, object: 'payment_method', livemode })
        .tell('customer.updated', 2, { ...customer, email: 'other@example.com', metadata: {} });
      return { order: orderOf(setting), events: teller.events };
    },
  },
};
