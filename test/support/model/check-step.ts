import { DISPUTE_TRANSITIONS } from '../../../src/payments/dispute.states.js';
import { ORDER_TRANSITIONS } from '../../../src/payments/order.states.js';
import { PAYMENT_TRANSITIONS } from '../../../src/payments/payment.states.js';
import type { RingState, Transition } from '../../../src/payments/ring-state.js';
import type { MemoryStore } from '../memory-store.js';

/** Throws when a step has made a move that no table allows, or told others what is not so. */
export function checkStep(before: MemoryStore, after: MemoryStore): void {
  checkTransitions(before, after);
  checkLedger(after.state());
  checkTold(after);
}

const TABLES = {
  payment: PAYMENT_TRANSITIONS as Readonly<Record<string, Readonly<Record<string, string>>>>,
  order: ORDER_TRANSITIONS as Readonly<Record<string, Readonly<Record<string, string>>>>,
  dispute: DISPUTE_TRANSITIONS as Readonly<Record<string, Readonly<Record<string, string>>>>,
};

/** Each move goes on from where the last one has ended, by a pair that the table allows. */
function checkTransitions(before: MemoryStore, after: MemoryStore): void {
  const statuses = statusesOf(before);
  for (const move of after.transitions.slice(before.transitions.length)) {
    const { id, kind } = subjectOf(move);
    const status = statuses.get(id) ?? (kind === 'order' ? 'open' : null);
    checkMove(id, kind, status, move);
    statuses.set(id, move.to);
  }
  for (const [id, status] of statusesOf(after)) {
    const last = statuses.get(id) ?? 'open';
    if (last !== status) throw new Error(`${id} is ${status}, and its last move was to ${last}`);
  }
}

function subjectOf({ paymentId, orderId, disputeId }: Transition) {
  if (paymentId !== null) return { id: paymentId, kind: 'payment' as const };
  if (orderId !== null) return { id: orderId, kind: 'order' as const };
  return { id: disputeId ?? '', kind: 'dispute' as const };
}

function checkMove(
  id: string,
  kind: keyof typeof TABLES,
  status: string | null,
  { from, to }: Transition,
): void {
  const names = [from, status].map((one) => one ?? 'nothing');
  if (from !== status) throw new Error(`${id} moves from ${names[0]}, and it was ${names[1]}`);
  const verdict = from === null ? 'move' : (TABLES[kind][from]?.[to] ?? 'not in the table');
  if (verdict !== 'move' && verdict !== 'review') {
    throw new Error(`${id} moves from ${names[0]} to ${to}, which is ${verdict}`);
  }
}

/** The status of everything that has one; what was just made has none yet. */
function statusesOf(store: MemoryStore): Map<string, string> {
  const payments = [...store.payments.values()].filter(({ version }) => version > 0);
  const rows = [...payments, ...store.orders.values(), ...store.disputes.values()];
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/** What stands in the ledger is what the payment says: captured, and given back. */
function checkLedger({ payments, transfers }: RingState): void {
  for (const { id, providerPaymentId, currency, ...row } of payments) {
    const posted = (rule: string) => {
      const some = transfers.filter(
        (one) => one.paymentId === id && one.rule === rule && one.currency === currency,
      );
      return some.reduce((sum, one) => {
        const isForth = one.debitAccount.startsWith(rule === 'capture' ? 'provider:' : 'refund:');
        return sum + (isForth ? one.amountMinor : -one.amountMinor);
      }, 0n);
    };
    const found = [posted('capture'), posted('refund')];
    const expected = [row.amountCapturedMinor, row.amountRefundedMinor];
    if (found.some((amount, index) => amount !== expected[index])) {
      throw new Error(
        `the ledger has ${found.join(' captured and ')} refunded of ${providerPaymentId}, ` +
          `which has ${expected.join(' captured and ')} refunded`,
      );
    }
  }
}

/** The last message about each thing says what it is now. */
function checkTold(store: MemoryStore): void {
  const last = new Map(
    store.messages.map(({ aggregate, aggregateId, data }) => [
      aggregateId,
      data[aggregate] as Readonly<Record<string, unknown>>,
    ]),
  );
  for (const row of [...store.payments.values(), ...store.orders.values()]) {
    if (row.version > 0) compare(row.id, row, last.get(row.id));
  }
  for (const dispute of store.disputes.values()) compare(dispute.id, dispute, last.get(dispute.id));
  for (const { id, version } of store.orders.values()) {
    if (version > 0) compareReviews(id, store, last.get(id)?.['reviews'] as { reason: string }[]);
  }
}

/** Every plain field of a snapshot is as the row has it. */
function compare(
  id: string,
  row: object,
  told: Readonly<Record<string, unknown>> | undefined,
): void {
  if (!told) throw new Error(`nobody was told of ${id}`);
  const fields = row as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(told)) {
    if (!(name in fields) || (typeof value === 'object' && value !== null)) continue;
    const is = fields[name];
    if ((typeof is === 'bigint' ? Number(is) : is) !== value) {
      throw new Error(`${id} has ${name} ${String(is)}, and others know ${String(value)}`);
    }
  }
}

/** Whoever knows of an order knows what holds it. */
function compareReviews(
  orderId: string,
  store: MemoryStore,
  told: readonly { readonly reason: string }[],
): void {
  const holding = [...store.reviews.values()].filter(
    (one) =>
      one.status === 'open' &&
      (one.orderId === orderId || store.payments.get(one.paymentId ?? '')?.orderId === orderId),
  );
  const [is, known] = [holding, told].map((some) =>
    some
      .map(({ reason }) => reason)
      .sort()
      .join(),
  );
  if (is !== known) throw new Error(`${orderId} is held by [${is}], and others know of [${known}]`);
}
