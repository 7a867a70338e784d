import type { Pool } from 'pg';
import { retryDeadlocks } from '../database/transaction.js';
import type { ErrorCode } from '../errors.js';
import { failPoint } from '../fail-points.js';
import type { Pass } from '../loop.js';
import type { Producer } from '../queues/queue-backend.js';
import {
  claimDispatches,
  failDispatch,
  markPublished,
  releaseDispatches,
} from './dispatch.queries.js';
import { toDispatch, type ClaimedDispatch } from './dispatch.js';
import { fanOutMessages } from './outbox.queries.js';

/** Somebody who is told, and the queue over which he is. */
export interface Recipient {
  readonly consumer: string;
  readonly queue: Pick<Producer, 'addAll' | 'waiting'>;
}

export interface RelayContext {
  readonly pool: Pool;
  readonly recipients: readonly Recipient[];
  /** What this service is called in its messages. */
  readonly source: string;
  /** Messages of one pass, for each recipient. */
  readonly messagesMax: number;
  /** After this a silent relay counts as dead, and what it had is sent by another. */
  readonly leaseSeconds: number;
  /** After this a message that nobody reported on is sent again. */
  readonly resendSeconds: number;
  /** Told of what a queue took or not, and of what became a dead letter for want of a report. */
  readonly report: (consumer: string, result: RelayResult, messages: number) => void;
}

export type RelayResult = 'published' | 'failed' | 'unanswered';

/** One call of a queue: small enough to be answered within its time limit. */
const CHUNK_MAX = 50;
/** Messages that may wait in one queue; the others wait in the database, where they are safe. */
const QUEUED_MAX = 2000;
/**
 * A consumer that has taken a message so often without a word on it will not do better: perhaps it
 * is what ends its process. Only times when its queue was empty are counted.
 */
const SENDS_MAX = 24;

/**
 * One pass: gives new messages to their consumers, then sends whatever is due. No transaction is
 * open while a queue is spoken to; any number of relays may do so at once. What one queue does not
 * take does not hold up the others.
 */
export async function relayOnce(context: RelayContext): Promise<Pass> {
  const { pool, recipients, messagesMax } = context;
  const givenOut = await fanOutMessages(pool, messagesMax);
  if (givenOut > 0) await failPoint('relay.fanned_out');
  // All of them end before the pass does, whatever becomes of one.
  const sent = await Promise.allSettled(recipients.map((one) => sendDue(context, one)));
  const failure = sent.find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
  const counts = sent.map((one) => (one.status === 'fulfilled' ? one.value : 0));
  return Math.max(givenOut, ...counts) >= messagesMax ? 'more' : 'done';
}

/** @returns how many messages the queue took */
async function sendDue(context: RelayContext, recipient: Recipient): Promise<number> {
  const { pool, source, messagesMax, leaseSeconds, resendSeconds, report } = context;
  const { consumer, queue } = recipient;
  const waiting = await queue.waiting().catch(() => null);
  if (waiting === null || waiting >= QUEUED_MAX) return 0;
  // What waits in the queue is not lost: nothing is sent again before it is empty.
  const sendsMax = waiting === 0 ? SENDS_MAX : 0;
  const due = await claimDispatches(pool, consumer, messagesMax, leaseSeconds, sendsMax);
  if (due.length > 0) await failPoint('relay.claimed', consumer);
  const claimed = due.filter(({ sends }) => sends < SENDS_MAX);
  await buryUnanswered(
    context,
    consumer,
    due.filter(({ sends }) => sends >= SENDS_MAX),
  );
  let sent = 0;
  for (const chunk of chunksOf(claimed)) {
    try {
      await queue.addAll(chunk.map((row) => toDispatch(row, source)));
    } catch {
      // Perhaps it took them all the same: then they come twice, which consumers are made for.
      const left = claimed.slice(sent);
      report(consumer, 'failed', left.length);
      await retryDeadlocks(() => releaseDispatches(pool, consumer, left));
      return 0;
    }
    await failPoint('relay.sent', consumer);
    await retryDeadlocks(() => markPublished(pool, consumer, chunk, resendSeconds));
    await failPoint('relay.marked', consumer);
    report(consumer, 'published', chunk.length);
    sent += chunk.length;
  }
  return sent;
}

function chunksOf(claimed: readonly ClaimedDispatch[]): (readonly ClaimedDispatch[])[] {
  const chunks: (readonly ClaimedDispatch[])[] = [];
  for (let at = 0; at < claimed.length; at += CHUNK_MAX) {
    chunks.push(claimed.slice(at, at + CHUNK_MAX));
  }
  return chunks;
}

/** Makes dead letters of messages that nobody ever said a word on. */
async function buryUnanswered(
  { pool, report }: RelayContext,
  consumer: string,
  unanswered: readonly ClaimedDispatch[],
): Promise<void> {
  for (const { messageId, tries } of unanswered) {
    const message = `the queue took it ${SENDS_MAX} times, and the consumer never reported on it`;
    await failDispatch(pool, consumer, {
      messageId,
      tries,
      code: 'consumer_silent' satisfies ErrorCode,
      message,
      retryInMs: 0,
      isFinal: true,
      attemptsMax: 1,
    });
    report(consumer, 'unanswered', 1);
  }
}
