import { isDeepStrictEqual } from 'node:util';
import type { Answer, ApiRequest } from './exchange.js';
import { refuse } from './stripe.refusals.js';

interface Entry {
  readonly path: string;
  readonly body: ApiRequest['body'];
  /** Null while the first request with the key is under way. */
  answer: Answer | null;
}

/**
 * The idempotency keys of Stripe: the first answer that a request came to is kept, errors of 500
 * included, and is what every later request with the key gets.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export class IdempotencyKeys {
  private readonly entries = new Map<string, Entry>();

  /**
   * Reserves the key of a request that has one.
   * @returns what the same request was answered before; null when it is to be acted upon
   * @throws Refusal 400 for another request with the key, 409 while the first is under way
   */
  begin({ idempotencyKey: key, path, body }: ApiRequest): Answer | null {
    if (key === null) return null;
    const entry = this.entries.get(key);
    if (entry === undefined) {
      this.entries.set(key, { path, body, answer: null });
      return null;
    }
    if (entry.path !== path) throw refuseReuse(key, `endpoint (${path}, not ${entry.path})`);
    if (!isDeepStrictEqual(entry.body, body)) throw refuseReuse(key, 'parameters');
    if (entry.answer === null) throw refuseConcurrent(key);
    return entry.answer;
  }

  /** Keeps the answer; null: nothing was begun, so the key is as good as new. */
  finish({ idempotencyKey: key }: ApiRequest, answer: Answer | null): void {
    const entry = key === null ? undefined : this.entries.get(key);
    if (key === null || entry === undefined) return;
    if (answer === null) this.entries.delete(key);
    else entry.answer = answer;
  }

  /** Forgets a key, or all: Stripe prunes them after a day at the earliest. */
  forget(key?: string): void {
    if (key === undefined) this.entries.clear();
    else this.entries.delete(key);
  }
}

function refuseReuse(key: string, what: string) {
  return refuse(400, {
    type: 'idempotency_error',
    message: `The key '${key}' was first used with another ${what}; use another key.`,
  });
}

function refuseConcurrent(key: string) {
  return refuse(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `Another request with the key '${key}' is in progress; try again later.`,
  });
}
