import type { Pool } from 'pg';
import { backoffMs, type BackoffOptions } from '../backoff.js';
import { failDispatch, markConsumed, postponeDispatch } from '../outbox/dispatch.queries.js';
import { storableText, type Outcome } from '../outbox/dispatch.js';

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
  const { pool, attemptsMax, backoff, report } = context;
  const { consumer, messageId, tries, attempts, verdict } = outcome;
  const attempt = attempts + 1;
  switch (verdict.result) {
    case 'consumed': {
      const isNews = await markConsumed(pool, consumer, messageId);
      if (isNews) report({ consumer, messageId, attempt, result: 'consumed', error: null });
      return;
    }
    case 'not_now': {
      const error = storableText(verdict.message);
      const isNews = await postponeDispatch(pool, consumer, outcome, verdict.retryInMs);
      if (isNews) report({ consumer, messageId, attempt, result: 'not_now', error });
      return;
    }
    case 'failed': {
      const message = storableText(verdict.message);
      const code = storableText(verdict.code);
      const { isFinal } = verdict;
      const pauses = { retryInMs: backoffMs(backoff, attempt), isFinal, attemptsMax };
      const failed = { messageId, tries, code, message, ...pauses };
      const now = await failDispatch(pool, consumer, failed);
      const result = now?.status === 'dead' ? 'dead' : 'retry';
      if (now) report({ consumer, messageId, attempt, result, error: message });
    }
  }
}
