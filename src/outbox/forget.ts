import type { Pool } from 'pg';
import type { Pass } from '../loop.js';
import { forgetConsumed, forgetMessages, type MessagePosition } from './outbox.queries.js';

const SECONDS_PER_DAY = 86_400;
const MESSAGES_MAX = 1000;
/** Longer than messages are kept, since a job may still be in a queue when its message goes. */
const CONSUMED_MARGIN_DAYS = 7;

/** Goes through old messages, pass by pass, and removes those that every consumer is done with. */
export function messageForgetter(pool: Pool, retentionDays: number): () => Promise<Pass> {
  let position: MessagePosition | null = null;
  return async () => {
    const ageSeconds = retentionDays * SECONDS_PER_DAY;
    position = await forgetMessages(pool, ageSeconds, MESSAGES_MAX, position);
    return position === null ? 'done' : 'more';
  };
}

/** Removes what consumers remember of messages that are no more. */
export async function forgetConsumedOnce(pool: Pool, retentionDays: number): Promise<Pass> {
  const ageSeconds = (retentionDays + CONSUMED_MARGIN_DAYS) * SECONDS_PER_DAY;
  const forgotten = await forgetConsumed(pool, ageSeconds, MESSAGES_MAX);
  return forgotten >= MESSAGES_MAX ? 'more' : 'done';
}
