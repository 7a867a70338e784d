import type { Money, RefundState, RefundTelling, Telling } from './telling.js';

/** What all that was told about one payment comes to. */
export interface PaymentStory {
  readonly status: string;
  readonly currency: string | null;
  readonly askedMinor: number | null;
  readonly takenMinor: number;
  readonly givenBackMinor: number;
  /** Whether anything was ever to be given back, be it that nothing came of it. */
  readonly isGivenBackEver: boolean;
  readonly orderReference: string | null;
  readonly disputes: readonly string[];
  /** Reasons why a person has to look at it. */
  readonly doubts: readonly string[];
}

/** @param tellings all that is known of one payment, in any order */
export function foldPayment(tellings: readonly Telling[]): PaymentStory {
  const story = tellings.toSorted(asItHappened);
  const taken = largestTaken(story);
  const takenMinor = taken?.minor ?? 0;
  const givenBackMinor = takenMinor === 0 ? 0 : givenBack(story);
  const asked = newest(story, ({ asked: money }) => money);
  const askedMinor = asked?.minor ?? null;
  return {
    status:
      takenMinor > 0
        ? statusWithMoney(takenMinor, givenBackMinor, askedMinor ?? 0)
        : statusWithoutMoney(story),
    currency: taken?.currency ?? asked?.currency ?? newest(story, (one) => one.currency),
    askedMinor,
    takenMinor,
    givenBackMinor,
    isGivenBackEver: story.some((one) => one.refund !== null || one.givenBackMinor !== null),
    orderReference: newest(story, ({ orderReference }) => orderReference),
    disputes: disputesOf(story),
    doubts: takenMinor > 0 ? doubtsAbout(story, takenMinor, givenBackMinor) : [],
  };
}

function doubtsAbout(story: readonly Telling[], takenMinor: number, backMinor: number): string[] {
  return [
    ...(story.some(({ isCalledOff }) => isCalledOff) ? ['captured_after_cancel'] : []),
    ...(backMinor > takenMinor ? ['refund_exceeds_capture'] : []),
    ...(isTakenAfterRefund(story) ? ['captured_after_refund'] : []),
  ];
}

function statusWithMoney(takenMinor: number, givenBackMinor: number, askedMinor: number): string {
  if (givenBackMinor >= takenMinor) return 'refunded';
  if (givenBackMinor > 0) return 'partially_refunded';
  return takenMinor < askedMinor ? 'partially_paid' : 'paid';
}

function statusWithoutMoney(story: readonly Telling[]): string {
  if (story.some(({ isCalledOff }) => isCalledOff)) return 'cancelled';
  const attempt = newest(story, (one) => one.attempt);
  return attempt === null ? 'initiated' : STATUS_OF_ATTEMPT[attempt];
}

const STATUS_OF_ATTEMPT = { begun: 'pending', failed: 'failed', held: 'authorized' } as const;

/**
 * By the provider's clock. What shares a second is told in the order in which such things happen;
 * what has no time (refunds of Paystack) happened after all that has.
 */
function asItHappened(one: Telling, other: Telling): number {
  const byTime = (one.at ?? Infinity) - (other.at ?? Infinity);
  return byTime || stepOf(one) - stepOf(other); // NaN where neither has a time
}

function stepOf({ attempt, taken, refund, dispute }: Telling): number {
  if (refund) return 10 + REFUND_STEPS.indexOf(refund.state);
  if (dispute) return 20 + DISPUTE_STEPS.indexOf(dispute.state);
  if (taken) return 5 + taken.minor / Number.MAX_SAFE_INTEGER;
  return attempt === null ? 0 : 1 + ATTEMPT_STEPS.indexOf(attempt);
}

const ATTEMPT_STEPS = ['begun', 'failed', 'held'];
const REFUND_STEPS: readonly RefundState[] = ['under_way', 'given_back', 'not_given_back'];
const DISPUTE_STEPS = ['inquiry', 'open', 'closed', 'won', 'lost'];

function newest<T>(story: readonly Telling[], read: (one: Telling) => T | null): T | null {
  return story.reduce<T | null>((found, one) => read(one) ?? found, null);
}

/** Every event tells how much was taken in all, so the largest amount is the newest truth. */
function largestTaken(story: readonly Telling[]): Money | null {
  return story.reduce<Money | null>(
    (most, { taken }) => (taken && taken.minor > (most?.minor ?? 0) ? taken : most),
    null,
  );
}

/**
 * The provider's own count, less what came back after it had counted. Without a count, all refunds
 * that anybody heard of and that did not come to nothing.
 */
function givenBack(story: readonly Telling[]): number {
  const refunds = refundsOf(story);
  const counted = story.findLast(({ givenBackMinor }) => givenBackMinor !== null);
  if (!counted) {
    return sum(refunds.filter(({ state }) => state !== 'not_given_back').map(({ minor }) => minor));
  }
  const cameBack = refunds.filter(
    ({ state, at }) => state === 'not_given_back' && (at ?? Infinity) > (counted.at ?? 0),
  );
  return Math.max(0, (counted.givenBackMinor ?? 0) - sum(cameBack.map(({ minor }) => minor)));
}

interface Refund extends RefundTelling {
  readonly at: number | null;
}

/** Each refund as it was last told. One without an id is known by its amount, for want of better. */
function refundsOf(story: readonly Telling[]): readonly Refund[] {
  const refunds = new Map<string, Refund>();
  for (const { refund, at } of story) {
    if (refund) refunds.set(refund.id ?? `of ${refund.minor}`, { ...refund, at });
  }
  const all = [...refunds.values()];
  const isKnownById = ({ minor }: Refund) => all.some((one) => one.id && one.minor === minor);
  return all.filter((one) => one.id !== null || !isKnownById(one));
}

/** Whether money was taken, given back, and taken again. */
function isTakenAfterRefund(story: readonly Telling[]): boolean {
  let takenMinor = 0;
  let wasGivenBack = false;
  for (const { taken, refund, givenBackMinor } of story) {
    if (taken && taken.minor > takenMinor) {
      if (wasGivenBack) return true;
      takenMinor = taken.minor;
    }
    const isGivenBack = refund?.state === 'given_back' || (givenBackMinor ?? 0) > 0;
    if (isGivenBack && takenMinor > 0) wasGivenBack = true;
  }
  return false;
}

function disputesOf(story: readonly Telling[]): string[] {
  const states = new Map<string, string>();
  for (const { dispute } of story) if (dispute) states.set(dispute.id, dispute.state);
  return [...states].map(([id, state]) => `${id} ${state}`).sort();
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, one) => total + one, 0);
}
