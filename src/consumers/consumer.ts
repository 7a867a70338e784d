import { RETRY_IN_MS_MAX } from '../outbox/dispatch.js';
import type { Message } from '../outbox/message.js';

/**
 * Somebody who is told of changes. A consumer gets each message at least once, in no promised
 * order; `consumeOnce` is what makes its effect happen once, and the version in the message is
 * what lets it ignore old news.
 */
export interface Consumer {
  /** Lower-case letters, digits and `-`; also the name of its queue. */
  readonly name: string;
  /** The types it is told of: `order.paid`, all of one kind (`order.*`), or everything (`*`). */
  readonly types: readonly string[];
  /**
   * Does what the message asks for.
   * @throws Refused when trying again cannot help: it is a dead letter at once
   * @throws NotNow to be sent it later without counting an attempt
   * @throws Error for anything else: counts as a failed attempt, and is tried again
   */
  consume(message: Message): Promise<void>;
}

/** Thrown by a consumer that can never use a message, however often it comes. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Thrown by a consumer that was not able to try: what it depends on is known to be down. */
export class NotNow extends Error {
  override readonly name = 'NotNow';

  /** Milliseconds, whole and at most a day. */
  readonly retryInMs: number;

  constructor(message: string, retryInMs: number) {
    super(message);
    const bounded = Math.min(Math.max(retryInMs, 0), RETRY_IN_MS_MAX);
    this.retryInMs = Number.isNaN(bounded) ? 0 : Math.round(bounded);
  }
}
