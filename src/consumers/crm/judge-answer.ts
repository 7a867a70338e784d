import { TollgateError } from '../../errors.js';
import { NotNow } from '../consumer.js';
import type { Answer } from './receiver.js';
import { readRetryAfter } from './retry-after.js';

/** From then on a message that is put off counts an attempt, or it would be put off for ever. */
const PATIENCE_MS = 3 * 24 * 60 * 60 * 1000;

const GONE = 410;
const TOO_MANY_REQUESTS = 429;
const SERVICE_UNAVAILABLE = 503;

/** Whether an answer says that the receiver cannot be reached or cannot keep up. */
export function isOutage(answer: Answer): boolean {
  if (answer.kind === 'unanswered') return true;
  if (answer.kind === 'address_refused') return false;
  return answer.status >= 500 || answer.status === TOO_MANY_REQUESTS;
}

/** What an answer is judged by besides itself. */
export interface Circumstances {
  /** Names the receiver in messages, which hold nothing else of it. */
  readonly host: string;
  /** When the change happened of which the message tells, in milliseconds since 1970. */
  readonly changedAtMs: number;
  readonly nowMs: number;
}

/**
 * What an answer comes to; null when the message has arrived.
 *
 * | answer | comes to |
 * |---|---|
 * | 2xx | arrived |
 * | 410 | `consumer_refused`, dead at once: the receiver wants no messages any more |
 * | an address that is not public | `consumer_refused`, dead at once: it must not be reached |
 * | 429 or 503 with `Retry-After` | `NotNow`: sent again then, and no attempt is counted |
 * | a redirect | `consumer_failed`: the page of a maintenance is one as well, and it passes |
 * | any other, or none | `consumer_failed` |
 */
export function findFailure(
  answer: Answer,
  { host, changedAtMs, nowMs }: Circumstances,
): TollgateError | NotNow | null {
  if (answer.kind === 'unanswered') {
    return new TollgateError('consumer_failed', `${host} did not answer: ${answer.reason}`);
  }
  if (answer.kind === 'address_refused') {
    return new TollgateError('consumer_refused', `${host} is at an address that is not public`);
  }
  const { status } = answer;
  const message = `${host} answered ${status}`;
  if (status >= 200 && status < 300) return null;
  if (status === GONE) return new TollgateError('consumer_refused', message);
  const isAskedToWait = status === TOO_MANY_REQUESTS || status === SERVICE_UNAVAILABLE;
  const retryInMs = isAskedToWait ? readRetryAfter(answer.retryAfter, nowMs) : null;
  if (retryInMs !== null && nowMs - changedAtMs < PATIENCE_MS) {
    return new NotNow(message, retryInMs);
  }
  return new TollgateError('consumer_failed', message);
}
