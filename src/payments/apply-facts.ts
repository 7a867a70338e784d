import { newId } from '../new-id.js';
import type { Tx } from '../database/transaction.js';
import { insertTransfers, loadTransfers } from '../ledger/ledger.queries.js';
import { isMoney } from '../ledger/posting-rules.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import { adoptionsOf, adoptPayments } from './adopt-payment.js';
import { findStartedReferences } from './adopt.queries.js';
import { deleteParkedFacts, linkParts, upsertFacts, upsertParkedFacts } from './fact.queries.js';
import {
  loadDisputes,
  loadFacts,
  loadOrderPayments,
  loadParkedFacts,
  loadReviews,
} from './load.queries.js';
import {
  findOrderReferences,
  insertPayments,
  lockParts,
  lockPayments,
  type PartKey,
  type PaymentKey,
} from './lock.queries.js';
import { insertOrders, lockOrders } from './order.queries.js';
import { OutdatedRead } from './outdated-read.js';
import { planRing } from './plan-ring.js';
import type { EventFacts, OrderRow, RingChanges, RingState } from './ring-state.js';
import {
  insertTransitions,
  updateOrders,
  updatePayments,
  upsertDisputes,
  upsertReviews,
} from './write.queries.js';

/** What came of the events of a ring. */
export type AppliedFacts = Pick<
  RingChanges,
  'outcomes' | 'unparked' | 'payments' | 'orders' | 'reviews' | 'messages'
>;

const NOTHING: AppliedFacts = {
  outcomes: new Map(),
  unparked: [],
  payments: [],
  orders: [],
  reviews: [],
  messages: [],
};

/**
 * Applies the events of a ring in the transaction of the caller: locks what they touch (orders,
 * then payments), works out what they change, writes it. A fixed number of statements, whatever
 * the number of events.
 *
 * @returns what each event did, what has changed, and the parts whose waiting events now have a
 * payment
 * @throws TollgateError `transition_impossible`
 */
export async function applyFacts(tx: Tx, events: readonly EventFacts[]): Promise<AppliedFacts> {
  if (events.length === 0) return NOTHING;
  const orders = await lockOrdersOf(tx, events);
  const adopted = await adoptPayments(tx, events, orders);
  const changes = planRing(adopted, await lockRing(tx, adopted, orders));
  await writeChanges(tx, changes);
  return changes;
}

/** Orders come first: those that the events name, and those that their payments belong to. */
async function lockOrdersOf(tx: Tx, events: readonly EventFacts[]): Promise<OrderRow[]> {
  const adoptions = adoptionsOf(events);
  const started = adoptions.length > 0 ? await findStartedReferences(tx, adoptions) : [];
  const known = await findOrderReferences(tx, paymentsOf(events), partsOf(events));
  const named = referencesOf(events);
  if (named.length > 0) {
    await insertOrders(
      tx,
      named.map((reference) => ({ id: newId(), reference })),
    );
  }
  const references = [...new Set([...named, ...known, ...started])].sort();
  return references.length > 0 ? lockOrders(tx, references) : [];
}

async function lockRing(
  tx: Tx,
  events: readonly EventFacts[],
  orders: readonly OrderRow[],
): Promise<RingState> {
  const payments = paymentsOf(events);
  const partKeys = partsOf(events);
  await insertPayments(tx, payments);
  const parts = partKeys.length > 0 ? await lockParts(tx, partKeys) : [];
  const parkedFacts = parts.some((part) => part.paymentId === null)
    ? await loadParkedFacts(tx, partKeys)
    : [];
  const linked = parts.flatMap(({ paymentId }) => (paymentId === null ? [] : [paymentId]));
  const locked = await lockPayments(tx, payments, linked);
  if (payments.some((key) => !locked.some((row) => isSamePayment(row, key)))) {
    throw new OutdatedRead('a payment was merged into another one before its lock');
  }

  const references = orders.map(({ reference }) => reference);
  const orderIds = orders.map(({ id }) => id);
  if (locked.some(({ orderId }) => orderId !== null && !orderIds.includes(orderId))) {
    throw new OutdatedRead('a payment belongs to another order than before its lock');
  }
  const ids = locked.map(({ id }) => id);
  const facts = await loadFacts(tx, ids);
  const told = [...[...facts.values()].flat(), ...parkedFacts];
  if (told.some(({ reference }) => reference !== null && !references.includes(reference))) {
    throw new OutdatedRead('a payment has a reference that was not known before its lock');
  }
  const orderPayments = orderIds.length > 0 ? await loadOrderPayments(tx, orderIds) : [];
  const subjects = [...new Set([...ids, ...orderPayments.map(({ id }) => id)])];
  // Before its first money nothing of a payment can stand in the ledger.
  const withMoney = ids.filter((id) => facts.get(id)?.some(({ kind }) => isMoney(kind)));
  const hasDisputes = [...facts.values()].flat().some(({ kind }) => kind === 'dispute');
  return {
    payments: locked,
    facts,
    disputes: hasDisputes ? await loadDisputes(tx, ids) : [],
    orders,
    orderPayments,
    reviews: await loadReviews(tx, subjects, orderIds),
    parts,
    parkedFacts,
    transfers: withMoney.length > 0 ? await loadTransfers(tx, withMoney) : [],
  };
}

async function writeChanges(tx: Tx, changes: RingChanges): Promise<void> {
  const { facts, payments, orders, disputes, transitions, reviews } = changes;
  const { parts, parkedFacts, unparked, transfers, messages } = changes;
  if (parts.length > 0) await linkParts(tx, parts);
  if (parkedFacts.length > 0) await upsertParkedFacts(tx, parkedFacts);
  if (unparked.length > 0) await deleteParkedFacts(tx, unparked);
  if (facts.length > 0) await upsertFacts(tx, facts);
  if (payments.length > 0) await updatePayments(tx, payments);
  if (orders.length > 0) await updateOrders(tx, orders);
  if (disputes.length > 0) await upsertDisputes(tx, disputes);
  if (transitions.length > 0) await insertTransitions(tx, transitions);
  if (reviews.length > 0) await upsertReviews(tx, reviews);
  if (transfers.length > 0) await insertTransfers(tx, transfers);
  if (messages.length > 0) await insertMessages(tx, messages);
}

function isSamePayment(one: PaymentKey, other: PaymentKey): boolean {
  return (
    one.providerPaymentId === other.providerPaymentId &&
    one.provider === other.provider &&
    one.account === other.account
  );
}

type NewPayment = PaymentKey & { readonly id: string; readonly livemode: boolean };

function paymentsOf(events: readonly EventFacts[]): NewPayment[] {
  const payments = new Map<string, NewPayment>();
  for (const { provider, account, facts } of events) {
    const { providerPaymentId, livemode } = facts;
    if (providerPaymentId === null) continue;
    const key = JSON.stringify([provider, account, providerPaymentId]);
    if (payments.has(key)) continue;
    const id = newId();
    payments.set(key, { provider, account, providerPaymentId, livemode: livemode ?? false, id });
  }
  return [...payments.values()];
}

function partsOf(events: readonly EventFacts[]): PartKey[] {
  const parts = new Map<string, PartKey>();
  for (const { provider, account, facts } of events) {
    for (const partId of facts.partIds) {
      parts.set(JSON.stringify([provider, account, partId]), { provider, account, partId });
    }
  }
  return [...parts.values()];
}

function referencesOf(events: readonly EventFacts[]): string[] {
  const references = events.flatMap(({ facts }) =>
    facts.facts.flatMap(({ reference }) => (reference === null ? [] : [reference])),
  );
  return [...new Set(references)];
}
