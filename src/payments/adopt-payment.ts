import { sqlState, type Tx } from '../database/transaction.js';
import { insertTransfers, loadTransfers } from '../ledger/ledger.queries.js';
import { transfersBetween } from '../ledger/transfers.js';
import { insertMessages } from '../outbox/outbox.queries.js';
import {
  bindPayment,
  deletePayment,
  findStartedIds,
  mergeReviews,
  moveBelongings,
  moveTransitions,
  takeOver,
} from './adopt.queries.js';
import { lockPayments, type PaymentKey } from './lock.queries.js';
import { OutdatedRead } from './outdated-read.js';
import type { EventFacts, OrderRow, PaymentRow } from './ring-state.js';
import { mergedMessage, paymentMessages } from './tell.js';

/** Says which payment of ours a payment at the provider is. */
export interface Adoption extends PaymentKey {
  /** The reference under which we started it. */
  readonly startedAs: string;
}

/**
 * Gives payments that we started the ids of the provider, whoever tells them first: the answer to
 * our request or an event that overtakes it.
 *
 * @param orders the orders of all of them, locked
 * @returns the events, each about the payment that it belongs to
 */
export async function adoptPayments(
  tx: Tx,
  events: readonly EventFacts[],
  orders: readonly OrderRow[],
): Promise<readonly EventFacts[]> {
  const adopted = new Map<string, string>();
  for (const adoption of adoptionsOf(events)) {
    const ours = await adoptPayment(tx, adoption, orders);
    if (!ours) continue;
    adopted.set(JSON.stringify(adoption), ours.id);
    adopted.set(ours.id, ours.providerPaymentId); // of several tries, the one that is kept last
  }
  if (adopted.size === 0) return events;
  return events.map((event) => {
    const paymentId = adopted.get(JSON.stringify(adoptionOf(event))) ?? '';
    const providerPaymentId = adopted.get(paymentId);
    return providerPaymentId ? { ...event, facts: { ...event.facts, providerPaymentId } } : event;
  });
}

/** Payments that events say were started by us, in the order in which they are locked. */
export function adoptionsOf(events: readonly EventFacts[]): Adoption[] {
  const adoptions = events.flatMap((event) => adoptionOf(event) ?? []);
  const byKey = new Map(adoptions.map((one) => [JSON.stringify(one), one]));
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one);
}

function adoptionOf({ provider, account, facts }: EventFacts): Adoption | null {
  const { startedAs, providerPaymentId } = facts;
  if (startedAs === null || providerPaymentId === null) return null;
  return { startedAs, provider, account, providerPaymentId };
}

/**
 * Should an event that does not name our reference have made a row for the payment before, that row
 * becomes part of ours: there is one row per payment, and the id that our client knows stays.
 *
 * @returns our row and the id at the provider under which it is kept; null: the payment is another
 */
async function adoptPayment(
  tx: Tx,
  adoption: Adoption,
  orders: readonly OrderRow[],
): Promise<Pick<PaymentRow, 'id' | 'providerPaymentId'> | null> {
  const { providerPaymentId, startedAs } = adoption;
  const rows = await lockPayments(tx, [adoption], await findStartedIds(tx, adoption));
  const ours = rows.find((row) => row.startedAs === startedAs);
  if (!ours) return null; // never started here
  if (!ours.isProvisional && ours.providerPaymentId === providerPaymentId) return ours;
  if (!ours.isProvisional && !isAnotherTry(providerPaymentId, startedAs)) return null;
  if (!ours.isProvisional && !replaces(providerPaymentId, ours)) return ours;

  const other = rows.find((row) => row.id !== ours.id);
  if (other?.startedAs) return null; // a payment of its own, whatever it claims to be
  const known = other ? await absorb(tx, other, ours, orders) : ours;
  const bound = { ...known, providerPaymentId, isProvisional: false, version: known.version + 1 };
  await bind(tx, ours.id, providerPaymentId);
  await insertMessages(tx, paymentMessages(known, bound, referenceOf(bound, orders)));
  return bound;
}

/** A provider without idempotency keys is asked again as `<reference>-2`: one payment all the same. */
function isAnotherTry(providerPaymentId: string, startedAs: string): boolean {
  return providerPaymentId === startedAs || providerPaymentId.startsWith(`${startedAs}-`);
}

/** The newest try is the one that can be paid, unless an older one was paid already. */
function replaces(providerPaymentId: string, ours: PaymentRow): boolean {
  if (ours.amountCapturedMinor > 0n) return false;
  return tryOf(providerPaymentId, ours) > tryOf(ours.providerPaymentId, ours);
}

function tryOf(providerPaymentId: string, { startedAs }: PaymentRow): number {
  return Number(providerPaymentId.slice((startedAs ?? '').length + 1) || 1);
}

/** @returns ours as it is after that */
async function absorb(
  tx: Tx,
  other: PaymentRow,
  ours: PaymentRow,
  orders: readonly OrderRow[],
): Promise<PaymentRow> {
  await takeBackTransfers(tx, other.id);
  await mergeReviews(tx, other.id, ours.id);
  await moveBelongings(tx, other.id, ours.id);
  await moveTransitions(tx, other.id, ours);
  await takeOver(tx, ours.id, other.id);
  await deletePayment(tx, other.id);
  await insertMessages(tx, [mergedMessage(other, referenceOf(other, orders), ours.id)]);
  const orderId = other.orderId ?? ours.orderId;
  return { ...ours, orderId, version: ours.version + other.version };
}

/** Nothing stands in the ledger for a payment that is no more; its facts are posted for ours. */
async function takeBackTransfers(tx: Tx, paymentId: string): Promise<void> {
  const posted = await loadTransfers(tx, [paymentId]);
  const transfers = transfersBetween(paymentId, [], posted);
  if (transfers.length === 0) return;
  const cause = { inboxId: null, command: 'merge_payments' };
  await insertTransfers(
    tx,
    transfers.map((transfer) => ({ ...transfer, ...cause })),
  );
}

function referenceOf({ orderId }: PaymentRow, orders: readonly OrderRow[]): string | null {
  return orders.find(({ id }) => id === orderId)?.reference ?? null;
}

async function bind(tx: Tx, paymentId: string, providerPaymentId: string): Promise<void> {
  try {
    await bindPayment(tx, paymentId, providerPaymentId);
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw new OutdatedRead('an event made a row for this payment at the same moment');
  }
}

const UNIQUE_VIOLATION = '23505';
