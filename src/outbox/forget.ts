import type { Pool } from 'pg';
import type { Pass } from '../loop.js';
import { forgetConsumed, forgetMessages } from './outbox.queries.js';

const SECONDS_PER_DAY = 86_400;
const MESSAGES_MAX = 1000;
/** Longer than messages are kept, since a job may still be in a queue when its message goes. */
const CONSUMED_MARGIN_DAYS = 7;

/** Removes messages that every consumer is done with, and later what consumers remember of them. */
export async function forgetOnce(pool: Pool, retentionDays: number): Promise<Pass> {
  const messages = await forgetMessages(pool, retentionDays * SECONDS_PER_DAY, MESSAGES_MAX);
  const consumedDays = retentionDays + CONSUMED_MARGIN_DAYS;
  const consumed = await forgetConsumed(pool, consumedDays * SECONDS_PER_DAY, MESSAGES_MAX);
  return Math.max(messages, consumed) >= MESSAGES_MAX ? 'more' : 'done';
}
