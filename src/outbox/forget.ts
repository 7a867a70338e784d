import type { Pool } from 'pg';
import type { Pass } from '../loop.js';
import {
  forgetConsumed,
  forgetMessages,
  type ConsumedPosition,
  type MessagePosition,
} from './outbox.queries.js';

const SECONDS_PER_DAY = 86_400;
const MESSAGES_MAX = 1000;
/** Longer than messages are kept, since a job may still be in a queue when its message goes. */
const CONSUMED_MARGIN_DAYS = 7;

/** Goes through old messages, pass by pass, and removes those that every consumer is done with. */
export function messageForgetter(pool: Pool, retentionDays: number): () => Promise<Pass> {
  const ageSeconds = retentionDays * SECONDS_PER_DAY;
  let position: MessagePosition | null = null;
  return async () => {
    position = await forgetMessages(pool, ageSeconds, MESSAGES_MAX, position);
    return position === null ? 'done' : 'more';
  };
}

/** Goes through what consumers remember, and removes what is of messages that are no more. */
export function consumedForgetter(pool: Pool, retentionDays: number): () => Promise<Pass> {
  const ageSeconds = (retentionDays + CONSUMED_MARGIN_DAYS) * SECONDS_PER_DAY;
  let position: ConsumedPosition | null = null;
  return async () => {
    position = await forgetConsumed(pool, ageSeconds, MESSAGES_MAX, position);
    return position === null ? 'done' : 'more';
  };
}
