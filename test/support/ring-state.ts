import { registerOf } from '../../src/payments/fact-register.js';
import type { PaymentFacts } from '../../src/payments/payment-fact.js';
import { planRing } from '../../src/payments/plan-ring.js';
import type {
  EventFacts,
  OrderRow,
  PaymentRow,
  RingChanges,
  RingState,
} from '../../src/payments/ring-state.js';

/** A payment that its first event has just made; `p1` is `pi_1` at the provider. */
export function paymentRow(given: Partial<PaymentRow> = {}): PaymentRow {
  return {
    id: 'p1',
    provider: 'stripe',
    account: 'default',
    providerPaymentId: 'pi_1',
    orderId: null,
    status: 'initiated',
    currency: null,
    amountMinor: null,
    amountAuthorizedMinor: 0n,
    amountCapturedMinor: 0n,
    amountRefundedMinor: 0n,
    livemode: true,
    isProvisional: false,
    startedAs: null,
    createdAt: new Date(0),
    version: 0,
    ...given,
  };
}

/** An order of 5000 NGN, without a payment. */
export function orderRow(given: Partial<OrderRow> = {}): OrderRow {
  return {
    id: 'o1',
    reference: 'order-1',
    status: 'open',
    currency: 'NGN',
    amountDueMinor: 5000n,
    amountPaidMinor: 0n,
    amountRefundedMinor: 0n,
    isCancelled: false,
    isCancelRequested: false,
    metadata: {},
    createdAt: new Date(0),
    version: 1,
    ...given,
  };
}

/** A state with nothing in it but what is given. */
export function ringState(given: Partial<RingState> = {}): RingState {
  return {
    payments: [],
    facts: new Map(),
    disputes: [],
    orders: [],
    orderPayments: [],
    reviews: [],
    parts: [],
    parkedFacts: [],
    transfers: [],
    ...given,
  };
}

/** An event of the inbox about `pi_1`, unless it says otherwise. */
export function eventOf(
  inboxId: string,
  facts: PaymentFacts,
  given: Partial<EventFacts> = {},
): EventFacts {
  return { inboxId, command: null, provider: 'stripe', account: 'default', facts, ...given };
}

/** Plans one ring after the other, each on what the one before has written. */
export function planRings(state: RingState, ...rings: readonly (readonly EventFacts[])[]) {
  const changes: RingChanges[] = [];
  let before = state;
  for (const events of rings) {
    const planned = planRing(events, before);
    changes.push(planned);
    before = follow(before, planned);
  }
  return { changes, last: changes.at(-1)!, state: before };
}

function follow(state: RingState, changes: RingChanges): RingState {
  const payments = merge(state.payments, changes.payments, ({ id }) => id);
  const facts = payments.map(({ id }) => {
    const changed = changes.facts.filter(({ paymentId }) => paymentId === id);
    return [id, merge(state.facts.get(id) ?? [], changed, registerOf)] as const;
  });
  const reviews = changes.reviews.map((one) => ({ ...one, resolvedMinor: null }));
  return {
    payments,
    facts: new Map(facts),
    disputes: merge(state.disputes, changes.disputes, ({ id }) => id),
    orders: merge(state.orders, changes.orders, ({ id }) => id),
    orderPayments: payments.filter(({ orderId }) => orderId !== null),
    reviews: merge(state.reviews, reviews, (one) =>
      [one.paymentId, one.orderId, one.reason].join(' '),
    ),
    parts: merge(state.parts, changes.parts, ({ partId }) => partId),
    parkedFacts: [
      ...state.parkedFacts.filter(
        ({ partId }) => !changes.unparked.some((part) => part.partId === partId),
      ),
      ...changes.parkedFacts,
    ],
    transfers: [...state.transfers, ...changes.transfers],
  };
}

/** Rows by key, those that have changed in place of what they were. */
function merge<Row>(
  before: readonly Row[],
  changed: readonly Row[],
  keyOf: (row: Row) => string,
): Row[] {
  return [...new Map([...before, ...changed].map((row) => [keyOf(row), row])).values()];
}
