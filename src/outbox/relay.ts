import type { Pool } from 'pg';
import { failPoint } from '../fail-points.js';
import type { Pass } from '../loop.js';
import type { Producer } from '../queues/queue-backend.js';
import { claimDispatches, markPublished, releaseDispatches } from './dispatch.queries.js';
import { toDispatch, type ClaimedDispatch } from './dispatch.js';
import { fanOutMessages } from './outbox.queries.js';

/** Somebody who is told, and the queue over which he is. */
export interface Recipient {
  readonly consumer: string;
  /** `order.paid`, `order.*` or `*`. */
  readonly types: readonly string[];
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
  /** Told of what a queue took or not. */
  readonly report: (consumer: string, result: 'published' | 'failed', messages: number) => void;
}

/** One call of a queue: small enough to be answered within its time limit. */
const CHUNK_MAX = 50;
/** Messages that may wait in one queue; the others wait in the database, where they are safe. */
const QUEUED_MAX = 2000;

/**
 * One pass: gives new messages to their consumers, then sends whatever is due. No transaction is
 * open while a queue is spoken to; any number of relays may do so at once. What one queue does not
 * take does not hold up the others.
 */
export async function relayOnce(context: RelayContext): Promise<Pass> {
  const { pool, recipients, messagesMax } = context;
  const wishes = recipients.flatMap(({ consumer, types }) =>
    types.map((type) => ({ consumer, pattern: toPattern(type) })),
  );
  const givenOut = await fanOutMessages(pool, wishes, messagesMax);
  failPoint('relay.fanned_out', '');
  const sent = await Promise.all(recipients.map((recipient) => sendDue(context, recipient)));
  return Math.max(givenOut, ...sent) >= messagesMax ? 'more' : 'done';
}

/** @returns how many messages the queue took */
async function sendDue(context: RelayContext, recipient: Recipient): Promise<number> {
  const { pool, source, messagesMax, leaseSeconds, resendSeconds, report } = context;
  const { consumer, queue } = recipient;
  const waiting = await queue.waiting().catch(() => null);
  if (waiting === null || waiting >= QUEUED_MAX) return 0;
  const claimed = await claimDispatches(pool, consumer, messagesMax, leaseSeconds);
  failPoint('relay.claimed', consumer);
  let sent = 0;
  for (const chunk of chunksOf(claimed)) {
    try {
      await queue.addAll(chunk.map((row) => toDispatch(row, source)));
    } catch {
      // Perhaps it took them all the same: then they come twice, which consumers are made for.
      const left = claimed.slice(sent);
      report(consumer, 'failed', left.length);
      await releaseDispatches(pool, consumer, left);
      return 0;
    }
    failPoint('relay.sent', consumer);
    await markPublished(pool, consumer, chunk, resendSeconds);
    failPoint('relay.marked', consumer);
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

/** A type as a pattern of SQL's `like`, in which `_` would stand for any character. */
function toPattern(type: string): string {
  return type.replaceAll('_', '\\_').replaceAll('*', '%');
}
