import { inTransaction } from '../database/transaction.js';
import { failPoint } from '../fail-points.js';
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
  const asked = [...context.providers.values()].filter(({ api }) => api !== null);
  // Each by itself: one that is slow must not hold up the others.
  const passes = await Promise.all(asked.map(({ name }) => resolveProvider(context, name)));
  return passes.includes('more') ? 'more' : 'done';
}

async function resolveProvider(context: ResolverContext, provider: string): Promise<Pass> {
  const due = await claimUnsettled(context.pool, provider, PAYMENTS_MAX, CLAIM_SECONDS);
  if (due.length > 0) await failPoint('resolve.claimed', provider);
  const fresh = due.filter(({ asks }) => asks < 0).map(({ id }) => id);
  if (fresh.length > 0) await schedule(context.pool, fresh, context.scheduleSeconds[0] ?? 0);
  // At once: how many are asked about together is bounded where the provider is asked.
  const scheduled = due.filter(({ asks }) => asks >= 0);
  await Promise.all(scheduled.map((payment) => resolvePayment(context, payment)));
  return due.length === PAYMENTS_MAX ? 'more' : 'done';
}

async function resolvePayment(context: ResolverContext, payment: UnsettledPayment): Promise<void> {
  const { pool, scheduleSeconds } = context;
  try {
    const result = await askAbout(context, payment);
    await failPoint('resolve.answered', payment.provider);
    await noteAsked(pool, payment, nextInSeconds(context, payment), result);
    context.report(payment, result);
  } catch (error) {
    await noteAsked(pool, payment, scheduleSeconds[0] ?? 0, 'failed');
    context.report(payment, error instanceof Error ? error : new Error(String(error)));
  }
}

async function askAbout(
  context: ResolverContext,
  payment: UnsettledPayment,
): Promise<'answered' | 'absent'> {
  const isThere = await observePayment(context, payment, 'poll');
  if (isThere) {
    await refuseLostRefunds(context.pool, payment.id, context.lostAfterSeconds);
    return 'answered';
  }
  return (await giveUpIfLost(context, payment)) ? 'answered' : 'absent';
}

/** A payment that never came to its provider, although nobody will send it there any more. */
async function giveUpIfLost(context: ResolverContext, payment: UnsettledPayment): Promise<boolean> {
  if (payment.ageSeconds < context.lostAfterSeconds) return false;
  const start = await findStart(context.pool, payment.id);
  if (!start) return false;
  await inTransaction(context.pool, (tx) => refuseStart(tx, payment.id, start));
  return true;
}

/** One of which nobody knows whether it exists is asked about until that is known. */
function nextInSeconds(
  { scheduleSeconds, asksMax }: ResolverContext,
  { asks, isProvisional }: UnsettledPayment,
): number | null {
  const next = asks + 1;
  if (next >= asksMax && !isProvisional) return null;
  return scheduleSeconds[Math.min(next, scheduleSeconds.length - 1)] ?? null;
}
