import type { Pool } from 'pg';
import { backoffMs, type BackoffOptions } from '../backoff.js';
import {
  failDispatch,
  markConsumed,
  postponeDispatch,
  type DispatchKey,
} from '../outbox/dispatch.queries.js';
import type { Outcome } from '../outbox/dispatch.js';

export interface SettleContext {
  readonly pool: Pool;
  readonly attemptsMax: number;
  readonly backoff: BackoffOptions;
  /** Told of each outcome that changed something. */
  readonly report: (report: ConsumerReport) => void;
}

/** What one try of a consumer came to. */
export interface ConsumerReport {
  readonly consumer: string;
  readonly messageId: string;
  readonly attempt: number;
  readonly result: 'consumed' | 'retry' | 'dead' | 'not_now';
  /** What went wrong; null: nothing. */
  readonly error: string | null;
}

/**
 * Records what a consumer reported of a message. Retry and dead letter are columns of the row, so
 * they survive every queue; a report that comes twice, or late, changes nothing.
 */
export async function settle(context: SettleContext, outcome: Outcome): Promise<void> {
  const { pool, report } = context;
  const { consumer, messageId, verdict } = outcome;
  const line = { consumer, messageId, attempt: outcome.attempts + 1 };
  switch (verdict.result) {
    case 'consumed':
      if (await markConsumed(pool, consumer, messageId)) {
        report({ ...line, result: 'consumed', error: null });
      }
      return;
    case 'not_now':
      if (await postponeDispatch(pool, consumer, outcome, verdict.retryInMs)) {
        report({ ...line, result: 'not_now', error: verdict.message });
      }
      return;
    case 'failed': {
      const retryInMs = pauseAfter(context, outcome, verdict.isFinal);
      const { code, message } = verdict;
      if (await failDispatch(pool, consumer, { ...keyOf(outcome), code, message, retryInMs })) {
        report({ ...line, result: retryInMs === null ? 'dead' : 'retry', error: message });
      }
    }
  }
}

function pauseAfter(
  { attemptsMax, backoff }: SettleContext,
  { attempts }: Outcome,
  isFinal: boolean,
): number | null {
  const attempt = attempts + 1;
  return isFinal || attempt >= attemptsMax ? null : backoffMs(backoff, attempt);
}

function keyOf({ messageId, attempts }: Outcome): DispatchKey {
  return { messageId, attempts };
}
