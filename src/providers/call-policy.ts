import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
} from 'cockatiel';
import PQueue from 'p-queue';
import { TollgateError } from '../errors.js';
import type { ApiOptions } from './provider-api.js';
import { isOutage, unanswered, type Access } from './provider-errors.js';

const SECOND_MS = 1000;

/** How one provider is asked: not too often, not for ever, and not while it is down. */
export interface CallPolicy {
  /**
   * Makes one request, as soon as it is its turn.
   * @param ask makes the request; the signal is aborted when its time is up
   * @throws TollgateError `provider_unavailable` when nothing was asked: it waited too long for
   * its turn, or the provider has failed so often that it is left alone for a while
   * @throws TollgateError `provider_outcome_unknown` when a write took too long, or
   * `provider_unavailable` when a read did
   */
  run<T>(access: Access, ask: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * The policy for all requests to one provider. No timer outlives the requests.
 *
 * The circuit is broken by requests that got no answer, and by no other: a refusal or a "too many
 * requests" comes from a provider that is well, and the next request may be granted.
 */
export function createCallPolicy(provider: string, options: ApiOptions): CallPolicy {
  const { timeoutMs, breakerFailuresMax, breakerPauseMs } = options;
  const queue = new PQueue({
    concurrency: options.concurrencyMax,
    intervalCap: options.requestsPerSecondMax,
    interval: SECOND_MS,
    strict: true, // a sliding second; fixed ones allow twice as many around their boundary
  });
  const breaker = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: breakerPauseMs,
    breaker: new ConsecutiveBreaker(breakerFailuresMax),
  });
  const deadline = timeout(timeoutMs, TimeoutStrategy.Aggressive);

  // Inside of the queue, so that requests which wait when the circuit breaks are not sent either.
  const askGuarded = async <T>(access: Access, ask: (signal: AbortSignal) => Promise<T>) => {
    const answer = await breaker.execute(() =>
      settle(async () => {
        try {
          return await deadline.execute(({ signal }) => ask(signal));
        } catch (error) {
          if (!(error instanceof TaskCancelledError)) throw error;
          throw unanswered(access, `${provider} did not answer within ${timeoutMs} ms`);
        }
      }),
    );
    if ('error' in answer) throw answer.error;
    return answer.value;
  };

  return {
    async run(access, ask) {
      const waiting = new AbortController();
      const timer = setTimeout(() => {
        waiting.abort(unavailable(`${provider} was not asked: no turn within ${timeoutMs} ms`));
      }, timeoutMs);
      try {
        return await queue.add(
          () => {
            clearTimeout(timer);
            return askGuarded(access, ask);
          },
          { signal: waiting.signal },
        );
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        throw unavailable(`${provider} was not asked: it has failed ${breakerFailuresMax} times`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * Hands a failure that is no outage out as an answer, since it is one to the breaker: it ends a
 * row of failures.
 */
async function settle<T>(ask: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await ask() };
  } catch (error) {
    if (isOutage(error)) throw error;
    return { error };
  }
}

function unavailable(message: string): TollgateError {
  return new TollgateError('provider_unavailable', message);
}
