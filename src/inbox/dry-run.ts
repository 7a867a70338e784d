import type { Pool } from 'pg';
import {
  inUndoneTransaction,
  isDatabaseTrouble,
  isGivenUp,
  limitLockWait,
  type Tx,
} from '../database/transaction.js';
import { ERRORS, type ErrorCode } from '../errors.js';
import { applyFacts, type AppliedFacts } from '../payments/apply-facts.js';
import { findOrder, showOrder, showPayment } from '../payments/show.queries.js';
import type { PaymentProvider } from '../providers/provider.js';
import { payloadNotKept } from './body-of.js';
import { describeFailure } from './describe-failure.js';
import { readEvents } from './replay.queries.js';
import type { ClaimedEvent } from './ring.queries.js';
import { translateEvent } from './translate-event.js';

/** A field that an event would change. */
export interface FieldChange {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

interface Changes {
  /** Of the amounts, as it is afterwards; null: nobody has said it yet. */
  readonly currency: string | null;
  readonly changes: readonly FieldChange[];
}

/** What one event would do if it were applied now, after those before it. */
export interface EventChange {
  readonly eventId: string;
  readonly provider: string;
  readonly type: string;
  /**
   * `refused`: it cannot be sent through again.
   * `asks_provider`: nobody knows before the provider was asked, and a dry run asks nobody.
   */
  readonly outcome: string;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  /** `id` is null for a payment that is not there yet: this event makes it, or one before it. */
  readonly payment: ({ readonly id: string | null } & Changes) | null;
  /** `isNew`: it is not there yet either. */
  readonly order: ({ readonly reference: string; readonly isNew: boolean } & Changes) | null;
  readonly reviews: readonly { readonly reason: string; readonly status: string }[];
  /** Types of the messages that others would be told. */
  readonly messages: readonly string[];
}

/** Under the second after which PostgreSQL looks for deadlocks: who only asks gives way. */
const LOCK_TIMEOUT_MS = 300;
/** Once one was locked: a hundred events of one locked order must not take half a minute. */
const NEXT_LOCK_TIMEOUT_MS = 10;

/** A worker waits for locks for about twice that long before it calls its attempt failed. */
const BUDGET_MS = 1000;

/**
 * Finds out what events would change: applies them one after the other, in a transaction that is
 * rolled back. The payments and orders that they touch are locked meanwhile, so it ends after a
 * while.
 *
 * @returns those that there was time for, the first of them at least
 */
export function dryRunEvents(
  { pool, providers }: DryRunContext,
  ids: readonly string[],
): Promise<EventChange[]> {
  return inUndoneTransaction(pool, async (tx) => {
    await limitLockWait(tx, LOCK_TIMEOUT_MS);
    const events = await readEvents(tx, ids);
    await tx.query('savepoint before_all');
    const tries: Try[] = [];
    const giveUpAtMs = performance.now() + BUDGET_MS;
    for (const event of events) {
      if (tries.length > 0 && performance.now() > giveUpAtMs) break;
      tries.push(await tryEvent(tx, providers, event));
    }
    await tx.query('rollback to savepoint before_all');
    const states = new States();
    for (const { payment, order } of tries) {
      if (payment) states.begin(payment.id, await showPayment(tx, payment.id));
      if (order && (await findOrder(tx, order.reference))) {
        states.begin(order.reference, await showOrder(tx, order.reference));
      }
    }
    return tries.map((one) => toChange(one, states));
  });
}

export interface DryRunContext {
  readonly pool: Pool;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
}

type State = Readonly<Record<string, unknown>>;
type Money = State & { readonly currency: string | null };

interface Try extends Pick<EventChange, 'outcome' | 'error'> {
  readonly event: ClaimedEvent;
  readonly applied: AppliedFacts | null;
  /** As they are after it. */
  readonly payment: (Money & { readonly id: string }) | null;
  readonly order: (Money & { readonly reference: string }) | null;
}

async function tryEvent(
  tx: Tx,
  providers: ReadonlyMap<string, PaymentProvider>,
  event: ClaimedEvent,
): Promise<Try> {
  const nothing = { event, error: null, applied: null, payment: null, order: null };
  if (event.body === null) {
    return { ...nothing, outcome: 'refused', error: describeFailure(payloadNotKept()) };
  }
  await tx.query('savepoint before_event');
  try {
    const { facts } = translateEvent(providers, event);
    if (facts === 'to_be_fetched') return { ...nothing, outcome: 'asks_provider' };
    if (facts === null) return { ...nothing, outcome: 'ignored' };
    const { id, provider, account } = event;
    const applied = await applyFacts(tx, [
      { inboxId: id, command: null, provider, account, facts },
    ]);
    const outcome = applied.outcomes.get(id);
    const payment = outcome?.paymentId ? await showPayment(tx, outcome.paymentId) : null;
    const reference = payment?.orderReference ?? null;
    const order = reference === null ? null : await showOrder(tx, reference);
    const told = outcome?.outcome === 'noop' ? `noop: ${outcome.reason}` : 'applied';
    return { event, outcome: told, error: null, applied, payment, order };
  } catch (error) {
    if (isDatabaseTrouble(error) || isGivenUp(error)) throw error;
    await tx.query('rollback to savepoint before_event');
    const failure = describeFailure(error);
    if (failure.code === 'lock_timeout') await limitLockWait(tx, NEXT_LOCK_TIMEOUT_MS);
    const outcome = ERRORS[failure.code].next === 'dead' ? 'dead' : 'retry';
    return { ...nothing, outcome, error: failure };
  }
}

/** Payments and orders as they are before the event that comes next. */
class States {
  private readonly byName = new Map<string, State>();
  private readonly there = new Set<string>();

  begin(name: string, state: State | null): void {
    if (state === null || this.there.has(name)) return;
    this.byName.set(name, state);
    this.there.add(name);
  }

  /** What has changed since; from now on it is as it is now. */
  move(name: string, after: State): FieldChange[] {
    const before = this.byName.get(name) ?? {};
    this.byName.set(name, after);
    return Object.keys(after)
      .filter((field) => !UNTOLD.has(field) && !isSame(before[field], after[field]))
      .map((field) => ({ field, before: before[field] ?? null, after: after[field] }));
  }

  /** Whether it was there before all of them; what they make goes with the transaction. */
  wasThere(name: string): boolean {
    return this.there.has(name);
  }
}

/** Names and times that say nothing, and what is told beside it. */
const UNTOLD: ReadonlySet<string> = new Set([
  'id',
  'reference',
  'payments',
  'reviews',
  'version',
  'createdAt',
  'updatedAt',
]);

function toChange({ event, applied, payment, order, ...rest }: Try, states: States): EventChange {
  return {
    eventId: event.id,
    provider: event.provider,
    type: event.eventType,
    ...rest,
    payment: payment && {
      id: states.wasThere(payment.id) ? payment.id : null,
      currency: payment.currency,
      changes: states.move(payment.id, payment),
    },
    order: order && {
      reference: order.reference,
      isNew: !states.wasThere(order.reference),
      currency: order.currency,
      changes: states.move(order.reference, order),
    },
    reviews: (applied?.reviews ?? []).map(({ reason, status }) => ({ reason, status })),
    messages: (applied?.messages ?? []).map(({ type }) => type),
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
