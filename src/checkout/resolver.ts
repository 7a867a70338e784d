import { inTransaction } from '../database/transaction.js';
import type { Pass } from '../loop.js';
import { refuseStart } from './bind-start.js';
import { findStart } from './checkout.queries.js';
import type { CheckoutContext } from './context.js';
import { observePayment } from './observe-payment.js';
import { refuseLostRefunds } from './refund.queries.js';
import { claimUnsettled, noteAsked, schedule, type UnsettledPayment } from './resolver.queries.js';

export interface ResolverContext extends CheckoutContext {
  /** Pauses before the first, second, … time; the last one repeats. Never empty. */
  readonly scheduleSeconds: readonly number[];
  /** Times after which nobody asks any more. */
  readonly asksMax: number;
  /** After this nobody finishes a request any more, so what is not there will never be. */
  readonly lostAfterSeconds: number;
  readonly report: (payment: UnsettledPayment, result: 'answered' | 'absent' | Error) => void;
}

/** Payments that one pass asks about. */
const PAYMENTS_MAX = 20;
/** For as long nobody else asks about a payment that one resolver has taken. */
const CLAIM_SECONDS = 300;

/**
 * Asks providers about payments that do not move: of which nobody knows whether they exist, which
 * stay pending, whose refund came without an id. So a lost webhook or answer heals by itself. Any
 * number of processes may do so at once.
 */
export async function resolveOnce(context: ResolverContext): Promise<Pass> {
  const providers = [...context.providers.values()].filter(({ api }) => api !== null);
  const names = providers.map(({ name }) => name);
  if (names.length === 0) return 'done';
  const due = await claimUnsettled(context.pool, names, PAYMENTS_MAX, CLAIM_SECONDS);
  const fresh = due.filter(({ asks }) => asks < 0).map(({ id }) => id);
  if (fresh.length > 0) await schedule(context.pool, fresh, context.scheduleSeconds[0] ?? 0);
  // At once: how many are asked about together is bounded where the provider is asked.
  const scheduled = due.filter(({ asks }) => asks >= 0);
  await Promise.all(scheduled.map((payment) => resolvePayment(context, payment)));
  return due.length === PAYMENTS_MAX ? 'more' : 'done';
}

async function resolvePayment(context: ResolverContext, payment: UnsettledPayment): Promise<void> {
  let isAnswered = false;
  try {
    const isThere = await observePayment(context, payment, 'poll');
    isAnswered = isThere || (await giveUpIfLost(context, payment));
    const { pool, lostAfterSeconds } = context;
    if (isThere) await refuseLostRefunds(pool, payment.id, lostAfterSeconds);
    context.report(payment, isThere ? 'answered' : 'absent');
  } catch (error) {
    context.report(payment, error instanceof Error ? error : new Error(String(error)));
  }
  await noteAsked(context.pool, payment.id, nextInSeconds(context, payment.asks + 1), isAnswered);
}

/** A payment that never came to its provider, although nobody will send it there any more. */
async function giveUpIfLost(context: ResolverContext, payment: UnsettledPayment): Promise<boolean> {
  if (payment.ageSeconds < context.lostAfterSeconds) return false;
  const start = await findStart(context.pool, payment.id);
  if (!start) return false;
  await inTransaction(context.pool, (tx) => refuseStart(tx, payment.id, start));
  return true;
}

function nextInSeconds({ scheduleSeconds, asksMax }: ResolverContext, asks: number): number | null {
  if (asks >= asksMax) return null;
  return scheduleSeconds[Math.min(asks, scheduleSeconds.length - 1)] ?? null;
}
