import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PaymentFacts } from '../../../src/payments/payment-fact.js';
import type { EventFacts } from '../../../src/payments/ring-state.js';
import { parsePayload } from '../../../src/providers/payload.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { MemoryStore } from '../../support/memory-store.js';
import { StandIn } from '../../support/stand-in/stand-in.js';
import { refundOrder } from './api-harness.js';
import { createAsked, factsOf, look, startAt } from './observed.js';

type Name = 'stripe' | 'paystack';

/** What can happen to a payment; after each step some time passes, and somebody looks. */
interface Step {
  readonly standIn: StandIn;
  readonly id: string;
  refund(amountMinor: bigint): Promise<string>;
  cancel(): Promise<void>;
}

interface Life {
  readonly name: Name;
  readonly story: string;
  readonly steps: ReadonlyArray<(step: Step) => unknown>;
  readonly expected: { status: string; captured: bigint; refunded: bigint };
  /** False where the provider's events do not tell it all. */
  readonly isToldByEvents: boolean;
}

const life = (
  name: Name,
  story: string,
  [status, captured, refunded]: [string, bigint, bigint],
  steps: Life['steps'],
  isToldByEvents = true,
): Life => ({ name, story, steps, expected: { status, captured, refunded }, isToldByEvents });

const lastRefund = ({ standIn, id }: Step, name: Name): string =>
  standIn[name].refundsOf(id).at(-1)!.id;

const LIVES: readonly Life[] = [
  life(
    'stripe',
    'paid after a failed attempt',
    ['paid', 5000n, 0n],
    [
      ({ standIn, id }) => standIn.stripe.requireAction(id),
      ({ standIn, id }) => standIn.stripe.failAttempt(id),
      ({ standIn, id }) => standIn.stripe.pay(id),
    ],
  ),
  life(
    'stripe',
    'failed at last',
    ['failed', 0n, 0n],
    [
      ({ standIn, id }) => standIn.stripe.startProcessing(id),
      ({ standIn, id }) => standIn.stripe.failAttempt(id),
    ],
  ),
  life(
    'stripe',
    'waits again after a failed attempt',
    ['pending', 0n, 0n],
    [
      ({ standIn, id }) => standIn.stripe.requireAction(id),
      ({ standIn, id }) => standIn.stripe.failAttempt(id),
      ({ standIn, id }) => standIn.stripe.requireAction(id),
    ],
  ),
  life(
    'stripe',
    'held and taken in part',
    ['partially_paid', 3000n, 0n],
    [
      ({ standIn, id }) => standIn.stripe.authorize(id),
      ({ standIn, id }) => standIn.stripe.capture(id, { amountMinor: 3000 }),
    ],
  ),
  life(
    'stripe',
    'held and let go',
    ['cancelled', 0n, 0n],
    [({ standIn, id }) => standIn.stripe.authorize(id), ({ cancel }) => cancel()],
  ),
  life(
    'stripe',
    'refunded in two parts',
    ['refunded', 5000n, 5000n],
    [
      ({ standIn, id }) => standIn.stripe.pay(id),
      ({ refund }) => refund(2000n),
      ({ refund }) => refund(3000n),
    ],
  ),
  life(
    'stripe',
    'one of two refunds fails',
    ['partially_refunded', 5000n, 2000n],
    [
      ({ standIn, id }) => standIn.stripe.pay(id),
      ({ refund }) => refund(2000n),
      ({ refund }) => refund(3000n),
      (step) => step.standIn.stripe.settleRefund(lastRefund(step, 'stripe'), 'failed'),
    ],
  ),
  life(
    'stripe',
    'the only refund fails, and another is made',
    ['partially_refunded', 5000n, 1000n],
    [
      ({ standIn, id }) => standIn.stripe.pay(id),
      ({ refund }) => refund(4000n),
      (step) => step.standIn.stripe.settleRefund(lastRefund(step, 'stripe'), 'failed'),
      ({ refund }) => refund(1000n),
    ],
  ),
  life(
    'paystack',
    'paid after waiting',
    ['paid', 5000n, 0n],
    [
      ({ standIn, id }) => standIn.paystack.requireAction(id),
      ({ standIn, id }) => standIn.paystack.pay(id),
    ],
  ),
  life(
    'paystack',
    'failed',
    ['failed', 0n, 0n],
    [({ standIn, id }) => standIn.paystack.failAttempt(id)],
    false,
  ),
  life(
    'paystack',
    'refunded in part',
    ['partially_refunded', 5000n, 2000n],
    [
      ({ standIn, id }) => standIn.paystack.pay(id),
      ({ refund }) => refund(2000n),
      (step) => step.standIn.paystack.settleRefund(lastRefund(step, 'paystack'), 'succeeded'),
    ],
  ),
  life(
    'paystack',
    'refunded in two equal parts, which its events cannot tell apart',
    ['refunded', 5000n, 5000n],
    [
      ({ standIn, id }) => standIn.paystack.pay(id),
      ({ refund }) => refund(2500n),
      (step) => step.standIn.paystack.settleRefund(lastRefund(step, 'paystack'), 'succeeded'),
      ({ refund }) => refund(2500n),
      (step) => step.standIn.paystack.settleRefund(lastRefund(step, 'paystack'), 'succeeded'),
    ],
    false,
  ),
  life(
    'paystack',
    'a refund that fails',
    ['paid', 5000n, 0n],
    [
      ({ standIn, id }) => standIn.paystack.pay(id),
      ({ refund }) => refund(2000n),
      (step) => step.standIn.paystack.settleRefund(lastRefund(step, 'paystack'), 'failed'),
    ],
  ),
];

let standIn: StandIn;
let nowMs = Date.UTC(2026, 0, 15, 10);

beforeEach(async () => {
  standIn = await StandIn.start({ now: () => nowMs });
});

afterEach(() => standIn.close());

/** Lives a life, and notes what its webhooks and the looks after each step say. */
async function live({ name, steps }: Life, secondsBetween: number) {
  const provider = createAsked(name, standIn.url);
  const id = await startAt(provider);
  let refunds = 0;
  const step: Step = {
    standIn,
    id,
    refund: async (amountMinor) => {
      const reference = `tg-refund-${(refunds += 1)}`;
      const order = { amountMinor, reference, idempotencyKey: `${id}-${reference}` };
      return (await provider.api.refundPayment(refundOrder(id, order))).providerRefundId;
    },
    cancel: () => provider.api.cancelPayment({ account: DEFAULT_ACCOUNT, providerPaymentId: id }),
  };
  const seen: PaymentFacts[] = [];
  for (const act of steps) {
    nowMs += secondsBetween * 1000;
    await act(step);
    nowMs += secondsBetween * 1000;
    seen.push(factsOf(provider, await look(provider, id)));
  }
  nowMs += 60_000;
  const last = factsOf(provider, await look(provider, id));
  const told = standIn.events.flatMap(({ body }) => provider.translate(parsePayload(body)) ?? []);
  return {
    told: asEvents(name, 'told', told),
    seen: asEvents(name, 'seen', seen),
    last: asEvents(name, 'last', [last]),
  };
}

function asEvents(provider: Name, kind: string, facts: readonly PaymentFacts[]): EventFacts[] {
  return facts.map((one, index) => ({
    inboxId: `${kind} ${index}`,
    command: null,
    provider,
    account: DEFAULT_ACCOUNT,
    facts: one,
  }));
}

function resultOf(events: readonly EventFacts[]) {
  const store = new MemoryStore();
  for (const event of events) store.apply([event]);
  return store.result();
}

function moneyOf(events: readonly EventFacts[]) {
  const [payment] = resultOf(events).payments;
  const { status, amountCapturedMinor: captured, amountRefundedMinor: refunded } = payment!;
  return { status, captured, refunded };
}

describe.each(LIVES)('$name: $story', (one) => {
  it('comes to the same by its webhooks, by looking at it, and by both', async () => {
    const { told, seen, last } = await live(one, 10);
    if (one.isToldByEvents) expect(moneyOf(told)).toEqual(one.expected);
    expect(moneyOf(last)).toEqual(one.expected);
    expect(moneyOf(seen)).toEqual(one.expected);
    expect(moneyOf([...told, ...seen])).toEqual(one.expected);
  });

  it.each([10, 0])(
    'comes to the same in every order, with %s seconds between the steps',
    async (secondsBetween) => {
      const { told, seen, last } = await live(one, secondsBetween);
      const events = [...told, ...seen, ...last];
      const expected = resultOf(events);
      expect(moneyOf(events)).toEqual(one.expected);
      expect(expected.reviews).toEqual([]);
      fc.assert(
        fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
          expect(resultOf([...shuffled, ...shuffled.slice(0, 3)])).toEqual(expected);
        }),
        { numRuns: 100 },
      );
    },
  );
});
