import type {
  OrderRow,
  PaymentRow,
  RingChanges,
  RingState,
} from '../../src/payments/ring-state.js';
import { OrderDrafts } from '../../src/payments/order-drafts.js';
import { planRing } from '../../src/payments/plan-ring.js';
import { registerOf } from '../../src/payments/fact-register.js';
import type { NewMessage } from '../../src/outbox/message.js';
import type { EventFacts, RecordedFact, Transition } from '../../src/payments/ring-state.js';

/** An order with its terms. */
type CreatedOrder = Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>;

const NOTHING: RingChanges = {
  outcomes: new Map(),
  facts: [],
  payments: [],
  orders: [],
  disputes: [],
  transitions: [],
  reviews: [],
  transfers: [],
  messages: [],
  parts: [],
  parkedFacts: [],
  unparked: [],
};

/** Applies rings to plain maps: the planner without a database, for many thousands of orders. */
export class MemoryStore {
  readonly payments = new Map<string, PaymentRow>();
  readonly orders = new Map<string, OrderRow>();
  private readonly facts = new Map<string, Map<string, RecordedFact>>();
  readonly disputes = new Map<string, RingState['disputes'][number]>();
  readonly reviews = new Map<string, RingState['reviews'][number]>();
  private readonly parts = new Map<string, RingState['parts'][number]>();
  private readonly transfers: RingState['transfers'][number][] = [];
  private readonly told = new Set<string>();
  private parked: RingState['parkedFacts'][number][] = [];
  readonly outcomes = new Map<string, string>();
  /** Everything that others are told, in the order in which it was planned. */
  readonly messages: NewMessage[] = [];
  readonly transitions: Transition[] = [];
  private nextId = 0;

  constructor(orders: readonly Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>[] = []) {
    for (const order of orders) this.addOrder(order);
  }

  apply(events: readonly EventFacts[]): void {
    for (const { provider, account, facts } of events) {
      for (const { reference } of facts.facts) {
        const isNew = reference !== null && !this.orderOf(reference);
        if (isNew) this.addOrder({ reference, currency: null, amountDueMinor: null });
      }
      if (facts.providerPaymentId !== null) {
        this.addPayment(provider, account, facts.providerPaymentId, facts.livemode ?? false);
      }
      for (const partId of facts.partIds) {
        if (!this.parts.has(partId)) {
          this.parts.set(partId, { provider, account, partId, paymentId: null });
        }
      }
    }
    this.write(planRing(events, this.state()));
  }

  /** As the command that gives an order its terms: it takes the payments that came before it. */
  createOrder({ reference, currency, amountDueMinor }: CreatedOrder): void {
    if (!this.orderOf(reference))
      this.addOrder({ reference, currency: null, amountDueMinor: null });
    this.changeOrder(reference, 'create_order', { currency, amountDueMinor });
  }

  /** As the command that calls an order off; money that comes all the same is for a person. */
  cancelOrder(reference: string): void {
    this.changeOrder(reference, 'cancel_order', { isCancelled: true });
  }

  private changeOrder(reference: string, command: string, terms: Partial<OrderRow>): void {
    const before = this.orderOf(reference);
    if (!before) throw new Error(`there is no order ${reference}`);
    const order = { ...before, ...terms, version: before.version + 1 };
    this.orders.set(order.id, order);
    const drafts = new OrderDrafts(this.state());
    drafts.derive(order.id, { inboxId: null, command }, []);
    const type = command === 'create_order' ? 'order.created' : 'order.updated';
    const previousStatus = command === 'create_order' ? null : before.status;
    const isTold = command === 'create_order' || drafts.messages.length === 0;
    const told = isTold ? [drafts.messageOf(order.id, type, previousStatus)] : [];
    const { transitions, reviewChanges: reviews } = drafts;
    const messages = [...told, ...drafts.messages];
    this.write({ ...NOTHING, orders: drafts.changed(), transitions, reviews, messages });
  }

  /** Another store with the same in it; what happens to one is nothing to the other. */
  copy(): MemoryStore {
    const copy = new MemoryStore();
    for (const [key, row] of this.payments) copy.payments.set(key, row);
    for (const [key, row] of this.orders) copy.orders.set(key, row);
    for (const [key, facts] of this.facts) copy.facts.set(key, new Map(facts));
    for (const [key, row] of this.disputes) copy.disputes.set(key, row);
    for (const [key, row] of this.reviews) copy.reviews.set(key, row);
    for (const [key, row] of this.parts) copy.parts.set(key, row);
    for (const [key, one] of this.outcomes) copy.outcomes.set(key, one);
    for (const change of this.told) copy.told.add(change);
    copy.transfers.push(...this.transfers);
    copy.messages.push(...this.messages);
    copy.transitions.push(...this.transitions);
    copy.parked = [...this.parked];
    copy.nextId = this.nextId;
    return copy;
  }

  /** Everything that must not depend on the order of arrival, without ids and versions. */
  result() {
    const referenceOf = (id: string | null) =>
      id === null ? null : this.orders.get(id)?.reference;
    const subjectOf = (review: RingState['reviews'][number]) =>
      review.orderId === null
        ? this.payments.get(review.paymentId ?? '')?.providerPaymentId
        : referenceOf(review.orderId);
    return {
      payments: [...this.payments.values()]
        .map(({ id, version: _version, orderId, ...row }) => ({
          ...row,
          order: referenceOf(orderId),
          facts: [...(this.facts.get(id)?.values() ?? [])]
            .map(({ inboxId: _inboxId, ...one }) => one)
            .sort((a, b) => (registerOf(a) < registerOf(b) ? -1 : 1)),
        }))
        .sort((a, b) => (a.providerPaymentId < b.providerPaymentId ? -1 : 1)),
      orders: [...this.orders.values()]
        .map(({ id: _id, version: _version, ...row }) => row)
        .sort((a, b) => (a.reference < b.reference ? -1 : 1)),
      disputes: [...this.disputes.values()]
        .map(({ id: _id, paymentId: _paymentId, version: _version, ...row }) => row)
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
      reviews: [...this.reviews.values()]
        .filter(({ status }) => status !== 'withdrawn')
        .map((one) => `${subjectOf(one) ?? ''}: ${one.reason} ${one.status}`)
        .sort(),
      parked: this.parked.length,
      balances: this.balances(),
    };
  }

  /** What stands on each account, where that is not nothing. The sum is zero per currency. */
  private balances(): string[] {
    const balances = new Map<string, bigint>();
    const add = (account: string, currency: string, amountMinor: bigint) => {
      const key = `${this.named(account)} ${currency}`;
      balances.set(key, (balances.get(key) ?? 0n) + amountMinor);
    };
    for (const { debitAccount, creditAccount, currency, amountMinor } of this.transfers) {
      add(debitAccount, currency, amountMinor);
      add(creditAccount, currency, -amountMinor);
    }
    return [...balances]
      .filter(([, amountMinor]) => amountMinor !== 0n)
      .map(([key, amountMinor]) => `${key} ${amountMinor}`)
      .sort();
  }

  /** An account by the provider's name of its payment, since ours depends on the order of arrival. */
  private named(account: string): string {
    return account.replace(/^(refund|suspense|dispute):(payment \d+)/, (_, kind, id) => {
      const payment = this.payments.get(String(id));
      return `${String(kind)}:${payment?.providerPaymentId ?? String(id)}`;
    });
  }

  /** Everything, as a ring would read it. */
  state(): RingState {
    const payments = [...this.payments.values()];
    return {
      payments,
      facts: new Map(payments.map(({ id }) => [id, [...(this.facts.get(id)?.values() ?? [])]])),
      disputes: [...this.disputes.values()],
      orders: [...this.orders.values()],
      orderPayments: payments.filter(({ orderId }) => orderId !== null),
      reviews: [...this.reviews.values()],
      parts: [...this.parts.values()],
      parkedFacts: this.parked,
      transfers: this.transfers,
    };
  }

  private write(changes: RingChanges): void {
    for (const [id, one] of changes.outcomes) {
      this.outcomes.set(id, one.outcome === 'noop' ? `noop: ${one.reason}` : one.outcome);
    }
    for (const row of changes.payments) this.payments.set(row.id, row);
    for (const row of changes.orders) this.orders.set(row.id, row);
    for (const row of changes.disputes) this.disputes.set(row.id, row);
    for (const row of changes.parts) this.parts.set(row.partId, row);
    for (const row of changes.reviews) {
      const key = `${row.paymentId ?? row.orderId ?? ''} ${row.reason}`;
      const resolvedMinor = this.reviews.get(key)?.resolvedMinor ?? null;
      this.reviews.set(key, { ...row, resolvedMinor });
    }
    for (const { paymentId, ...fact } of changes.facts) {
      const facts = this.facts.get(paymentId) ?? new Map<string, RecordedFact>();
      facts.set(registerOf(fact), fact);
      this.facts.set(paymentId, facts);
    }
    const gone = new Set(changes.unparked.map(({ partId }) => partId));
    const kept = this.parked.filter(
      (one) =>
        !gone.has(one.partId) &&
        !changes.parkedFacts.some(
          (newer) => newer.partId === one.partId && registerOf(newer) === registerOf(one),
        ),
    );
    this.parked = [...kept, ...changes.parkedFacts];
    this.transfers.push(...changes.transfers);
    this.messages.push(...changes.messages);
    this.transitions.push(...changes.transitions);
    for (const { aggregateId, version, type, part } of changes.messages) {
      const change = JSON.stringify([aggregateId, version, type, part]);
      if (this.told.has(change)) throw new Error(`told twice: ${change}`); // as the UNIQUE does
      this.told.add(change);
    }
  }

  private orderOf(reference: string): OrderRow | undefined {
    return [...this.orders.values()].find((one) => one.reference === reference);
  }

  private addOrder(order: Pick<OrderRow, 'reference' | 'currency' | 'amountDueMinor'>): void {
    const id = `order ${(this.nextId += 1)}`;
    const money = { amountPaidMinor: 0n, amountRefundedMinor: 0n };
    this.orders.set(id, {
      id,
      ...order,
      ...money,
      status: 'open',
      isCancelled: false,
      isCancelRequested: false,
      metadata: {},
      createdAt: new Date(0),
      version: 0,
    });
  }

  private addPayment(provider: string, account: string, key: string, livemode: boolean): void {
    const isKnown = [...this.payments.values()].some((one) => one.providerPaymentId === key);
    if (isKnown) return;
    const id = `payment ${(this.nextId += 1)}`;
    this.payments.set(id, {
      id,
      provider,
      account,
      providerPaymentId: key,
      orderId: null,
      status: 'initiated',
      currency: null,
      amountMinor: null,
      amountAuthorizedMinor: 0n,
      amountCapturedMinor: 0n,
      amountRefundedMinor: 0n,
      livemode,
      isProvisional: false,
      startedAs: null,
      createdAt: new Date(0),
      version: 0,
    });
  }
}
