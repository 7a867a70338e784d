import { DISPUTE_TRANSITIONS } from '../../../../src/payments/dispute.states.js';
import { ORDER_TRANSITIONS } from '../../../../src/payments/order.states.js';
import { PAYMENT_TRANSITIONS } from '../../../../src/payments/payment.states.js';
import type { TransitionRow } from '../database/rows.js';
import { keyOf } from '../database/tables.js';
import type { Says } from './catalog.js';
import type { Process } from './process.js';
import { booksOf, type Books } from './reference.js';
import { CONSUMERS, GRACE_SECONDS } from './staff.js';
import type { World } from './world.js';

/** What must hold at any moment; each sentence names the invariant that is broken. */
export function checkNow(world: World): string[] {
  return [
    ...checkPromises(world),
    ...checkOutcomes(world),
    ...checkTransitions(world),
    ...checkMoney(world),
    ...checkMessages(world),
  ];
}

/** I1, I2: whatever was acknowledged is there, once, as it was when it was. */
function checkPromises(world: World): string[] {
  const found: string[] = [];
  const rows = world.events;
  const names = rows.map((row) => world.entryOf(row).name);
  for (const name of world.acknowledged.keys()) {
    const count = names.filter((one) => one === name).length;
    if (count === 0) found.push(`${name} was acknowledged, and is not in the inbox (I1)`);
    if (count > 1) found.push(`${name} is in the inbox ${count} times (I2)`);
  }
  return found;
}

/** I3: an event comes to one outcome, unless somebody sends it through again. */
function checkOutcomes(world: World): string[] {
  const found: string[] = [];
  for (const row of world.events) {
    const { id, status, outcome_reason, replays } = row;
    const { name } = world.entryOf(row);
    if (status === 'applied' || status === 'noop') world.counted.add(id);
    const outcomes = world.outcomes.get(id) ?? [];
    const applied = outcomes.filter((one) => one === 'applied');
    if (applied.length > 1) found.push(`${name} was applied ${applied.length} times (I3)`);
    if (outcomes.length > 1 + replays) {
      found.push(`${name} came to an outcome twice: ${outcomes.join(', then ')} (I3)`);
    }
    if (status !== 'dead' || outcome_reason !== 'process_ended') continue;
    if ((world.troubles.get(id) ?? 0) < 3) found.push(`${name} is said to end processes (I3)`);
  }
  return found;
}

const TABLES: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> =
  { payment: PAYMENT_TRANSITIONS, order: ORDER_TRANSITIONS, dispute: DISPUTE_TRANSITIONS };

/** I3, I4: moves follow one another, by the tables, and an event moves each thing once. */
function checkTransitions({ database }: World): string[] {
  const found: string[] = [];
  const last = new Map<string, TransitionRow>();
  const moved = new Set<string>();
  const { transitions, payments, orders } = database.tables;
  const rows = transitions.committed().sort((one, other) => one.version - other.version);
  for (const row of rows) {
    const { id, kind } = subjectOf(row);
    const before = last.get(id)?.to_status ?? (kind === 'order' ? 'open' : null);
    found.push(...checkMove(kind, before, row));
    last.set(id, row);
    const key = keyOf(id, row.inbox_id);
    if (moved.has(key)) found.push(`one event has moved a ${kind} twice (I3)`);
    moved.add(key);
  }
  for (const { id, status } of [...payments.committed(), ...orders.committed()]) {
    const moveTo = last.get(id)?.to_status;
    if (moveTo !== undefined && moveTo !== status)
      found.push(`a row is ${status}, not ${moveTo} (I4)`);
  }
  return found;
}

function subjectOf({ payment_id, order_id, dispute_id }: TransitionRow) {
  if (payment_id !== null) return { id: payment_id, kind: 'payment' };
  if (order_id !== null) return { id: order_id, kind: 'order' };
  return { id: dispute_id ?? '', kind: 'dispute' };
}

function checkMove(kind: string, before: string | null, row: TransitionRow): string[] {
  const move = `${kind} ${row.from_status ?? 'nothing'} → ${row.to_status}`;
  if (row.from_status !== before) return [`${move} after ${before ?? 'nothing'} (I4)`];
  const verdict = before === null ? 'move' : TABLES[kind]?.[before]?.[row.to_status];
  return verdict === 'move' || verdict === 'review' ? [] : [`${move} is no move (I4)`];
}

/** I6: the ledger has what the payment says, and nobody gets back more than was taken. */
function checkMoney({ database }: World): string[] {
  const found: string[] = [];
  const transfers = database.tables.ledgerTransfers.committed();
  for (const payment of database.tables.payments.committed()) {
    const captured = Number(payment.amount_captured_minor);
    const refunded = Number(payment.amount_refunded_minor);
    const name = payment.provider_payment_id;
    if (refunded > captured || refunded < 0) found.push(`${name} has ${refunded} refunded (I6)`);
    const posted = (rule: string, debit: string) =>
      transfers
        .filter((one) => one.paymentId === payment.id && one.rule === rule)
        .reduce((sum, one) => {
          const isForth = one.debitAccount.startsWith(debit);
          return sum + (isForth ? 1 : -1) * Number(one.amountMinor);
        }, 0);
    const inLedger = [posted('capture', 'provider:'), posted('refund', 'refund:')];
    if (inLedger[0] !== captured || inLedger[1] !== refunded) {
      found.push(
        `${name} has ${captured} captured and ${refunded} refunded, ` +
          `and the ledger ${inLedger.join(' and ')} (I6)`,
      );
    }
  }
  return found;
}

/** I8: a consumer does a thing once, and nobody says that a message was sent before it was. */
function checkMessages({ database, sent }: World): string[] {
  const found: string[] = [];
  const done = new Map<string, number>();
  for (const { consumer, messageId } of database.tables.effects.committed()) {
    const key = keyOf(consumer, messageId);
    done.set(key, (done.get(key) ?? 0) + 1);
  }
  const types = new Map(database.tables.outbox.committed().map(({ id, type }) => [id, type]));
  for (const row of database.tables.dispatches.committed()) {
    const type = types.get(row.message_id) ?? 'a message';
    const times = done.get(keyOf(row.consumer, row.message_id)) ?? 0;
    if (times > 1) found.push(`${row.consumer} did what ${type} asks for ${times} times (I8)`);
    if (row.status === 'consumed' && times === 0) {
      found.push(`${type} counts as consumed, and ${row.consumer} has not done it (I8)`);
    }
    const taken = sent.get(keyOf(row.consumer, row.message_id, row.tries)) ?? 0;
    if (row.status === 'pending' && row.sends > taken) {
      found.push(`${type} counts as sent to ${row.consumer}, and its queue never had it (I8)`);
    }
  }
  return found;
}

/** What must hold when a ring is about to be added to the queue. */
export function checkRing(world: World, by: Process, ids: readonly string[]): string[] {
  const found: string[] = [];
  const isSweeper = by.name.startsWith('Sweeper');
  // What counts is the claim: a sweeper that was stopped in between may ring for it at any time.
  const claimedMs = world.claimedAtMs.get(by) ?? 0;
  for (const id of ids) {
    const row = world.events.find((one) => one.id === id);
    if (!row) {
      found.push('somebody rings for an event that is not committed: nobody will find it (I1)');
      continue;
    }
    if (!isSweeper) continue;
    // Until the grace is over, who rang first is left to it.
    const sinceMs = world.rungForMs.get(id) ?? row.received_at;
    const isFirstTry = row.attempts === 0 && row.replays === 0;
    if (isFirstTry && Math.abs(claimedMs - sinceMs) < GRACE_SECONDS * 1000) {
      found.push(`a sweeper rings for ${world.entryOf(row).name} within its grace (I5)`);
    }
    world.rungForMs.set(id, claimedMs);
  }
  return found;
}

/** I5: what is still to be done; empty when everything has come to its end. */
export function pendingOf(world: World): string[] {
  const { outbox } = world.database.tables;
  return [
    ...world.events
      .filter(({ status }) => status === 'received')
      .map((row) => world.entryOf(row).name),
    ...outbox.committed().flatMap((row) => (row.fanned_out_at === null ? [row.type] : [])),
    ...world.dispatches
      .filter(({ status }) => status === 'pending')
      .map(({ consumer }) => `a message of ${consumer}`),
  ];
}

/** What must hold once everything has come to its end. */
export function checkEnd(world: World): string[] {
  return [...checkBooks(world), ...checkTold(world)];
}

/** I4, I6: payments and orders are what the set of events that counted says. */
function checkBooks(world: World): string[] {
  const says = world.events.flatMap((row): Says[] => {
    if (!world.counted.has(row.id)) return [];
    const entry = world.entryOf(row);
    const isOther = row.fingerprint === entry.other?.event.fingerprint.toString('hex');
    return [isOther ? entry.other.says : entry.says];
  });
  const [expected, found] = [booksOf(says), booksInTables(world)];
  return [
    ...differences('payment', expected.payments, found.payments),
    ...differences('order', expected.orders, found.orders),
  ];
}

function booksInTables({ database }: World): Books {
  const { payments, orders, disputes } = database.tables;
  const disputed = disputes.committed();
  return {
    payments: Object.fromEntries(
      payments.committed().map((row) => [
        row.provider_payment_id,
        {
          status: row.status,
          capturedMinor: Number(row.amount_captured_minor),
          refundedMinor: Number(row.amount_refunded_minor),
          disputedMinor: disputed
            .filter(({ payment_id }) => payment_id === row.id)
            .map(({ amount_minor }) => Number(amount_minor)),
        },
      ]),
    ),
    orders: Object.fromEntries(
      orders.committed().map((row) => [
        row.reference,
        {
          status: row.status,
          paidMinor: Number(row.amount_paid_minor),
          refundedMinor: Number(row.amount_refunded_minor),
        },
      ]),
    ),
  };
}

function differences(
  kind: string,
  expected: Readonly<Record<string, object>>,
  found: Readonly<Record<string, object>>,
): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].flatMap((name) => {
    const [should, is] = [expected[name], found[name]];
    if (!should) return [`there is a ${kind} ${name}, and nobody told of it (I4)`];
    if (!is) return [`there is no ${kind} ${name} (I4)`];
    const fields = Object.entries(is).map(([field, value]: [string, unknown]) => {
      return [field, String(value), String((should as Record<string, unknown>)[field])] as const;
    });
    return fields
      .filter(([, value, other]) => value !== other)
      .map(([field, value, other]) => {
        return `${kind} ${name} has ${field} ${value}, and it should be ${other} (I4, I6)`;
      });
  });
}

/** I8: every message was consumed by everybody who wants it, but for dead letters. */
function checkTold({ database, dispatches }: World): string[] {
  const found: string[] = [];
  for (const { id, type } of database.tables.outbox.committed()) {
    for (const { name, patterns } of CONSUMERS) {
      const [pattern] = patterns;
      if (!type.startsWith(pattern.slice(0, -1))) continue;
      const row = dispatches.find((one) => one.consumer === name && one.message_id === id);
      if (!row) found.push(`${type} was never given to ${name} (I8)`);
    }
  }
  return found;
}
