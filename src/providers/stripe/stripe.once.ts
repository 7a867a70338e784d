import { TollgateError } from '../../errors.js';
import type { AskedBefore } from '../provider-api.js';
import { ProviderRefusal } from '../provider-errors.js';
import { StripeReplayedFailure } from './stripe.errors.js';

const HOUR_MS = 3_600_000;

/** Stripe forgets a key after 24 hours at the earliest; an hour is for clocks and queues. */
const KEY_LIFE_MS = 23 * HOUR_MS;

/** How often an object may be asked for under a new key. */
const GENERATIONS_MAX = 5;

/** Something that is to be made once, however often it is asked for. */
export interface KeyedWork<T> {
  readonly idempotencyKey: string;
  /** When it was asked for before; null: never. */
  readonly asked: AskedBefore | null;
  /** How long what an earlier request made may take to be listed. */
  readonly settleMs: number;
  readonly post: (idempotencyKey: string) => Promise<T>;
  /** Looks for what an earlier request made; null when it is not there. */
  readonly find: () => Promise<T | null>;
}

/**
 * Makes something once. Asking again under the same key finds what the first request made, except
 * when Stripe has forgotten the key or keeps a failure under it. Then the object itself is looked
 * for, and only when it is not there after `settleMs` is it asked for under the next key.
 *
 * Another `settleMs` has to pass for each further key, so that a request under the one before has
 * had its time as well. It counts from the first request: Stripe repeats a failure only when the
 * request under that key has come to its end.
 * @throws TollgateError `provider_outcome_unknown` while nobody can tell
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export async function makeOnce<T>(work: KeyedWork<T>): Promise<T> {
  const ageMs = work.asked === null ? 0 : Date.now() - work.asked.firstAtMs;
  if (ageMs < KEY_LIFE_MS) {
    const made = await postUnlessReplayed(work, work.idempotencyKey);
    if (made !== null) return made;
  }
  for (let generation = 2; generation <= GENERATIONS_MAX; generation += 1) {
    const found = await look(work);
    if (found !== null) return found;
    if (ageMs < work.settleMs * (generation - 1)) {
      throw unknown('stripe has not made it yet, and may still do so');
    }
    const made = await postUnlessReplayed(work, `${work.idempotencyKey}:${generation}`);
    if (made !== null) return made;
  }
  throw unknown(`stripe keeps a failure under each of ${GENERATIONS_MAX} idempotency keys`);
}

/** Not being shown what was made does not mean that nothing was. */
async function look<T>(work: KeyedWork<T>): Promise<T | null> {
  try {
    return await work.find();
  } catch (error) {
    if (error instanceof ProviderRefusal) throw unknown('stripe does not let us look for it');
    throw error;
  }
}

/** Null when Stripe repeats a failure that it keeps under the key. */
async function postUnlessReplayed<T>(work: KeyedWork<T>, key: string): Promise<T | null> {
  try {
    return await work.post(key);
  } catch (error) {
    if (error instanceof StripeReplayedFailure) return null;
    throw error;
  }
}

function unknown(message: string): TollgateError {
  return new TollgateError('provider_outcome_unknown', message);
}
