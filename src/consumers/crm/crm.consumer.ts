import { lookup } from 'node:dns/promises';
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhenResult,
} from 'cockatiel';
import type { Message } from '../../outbox/message.js';
import { NotNow, type Consumer } from '../consumer.js';
import type { Resolve } from './connector.js';
import { findFailure, isOutage } from './judge-answer.js';
import { readReceiverUrl } from './receiver-url.js';
import { createReceiver, type Answer } from './receiver.js';
import { readSigningKeys, signMessage } from './sign-message.js';

/** Where messages are sent, and how patiently. */
export interface CrmOptions {
  /** `https:`; `http:` only with `allowPrivate`. May hold secrets in its path or query. */
  readonly url: string;
  /** What messages are signed with, newest first: `whsec_` and base64, or the key as it is. */
  readonly secrets: readonly string[];
  /** The types that are sent, as {@link Consumer.types} says. */
  readonly types: readonly string[];
  /** For a whole attempt: to connect, and until the end of the answer. */
  readonly timeoutMs: number;
  /** Lets the receiver be in a private network or on this machine, and without TLS. */
  readonly allowPrivate: boolean;
  /** Outages in a row after which nothing is sent for `breakerPauseMs`. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
}

/** The world around it, which tests make by themselves. */
export interface CrmSurroundings {
  readonly resolve: Resolve;
  readonly nowMs: () => number;
}

const THE_REAL_ONES: CrmSurroundings = { resolve: lookup, nowMs: () => Date.now() };

/** A consumer that has connections of its own. */
export interface CrmConsumer extends Consumer {
  /**
   * Waits for what is being sent, at most `timeoutMs`; afterwards it has no connection and no
   * timer any more. May be called again.
   */
  close(): Promise<void>;
}

/**
 * Sends each message to a URL, signed as Standard Webhooks says.
 *
 * A message arrives there *at least* once: when an answer is lost, nobody can know whether the
 * receiver has acted, so it is sent again. The id of the message is the same each time (the headers
 * `webhook-id` and `idempotency-key`), and the receiver has to remember it.
 *
 * `consume` throws as {@link findFailure} says, and `NotNow` while the receiver is left alone.
 *
 * @throws Error for a URL or a secret that cannot be used; the message repeats neither
 * @see https://www.standardwebhooks.com
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export function createCrmConsumer(
  options: CrmOptions,
  surroundings: Partial<CrmSurroundings> = {},
): CrmConsumer {
  const { resolve, nowMs } = { ...THE_REAL_ONES, ...surroundings };
  const { types, timeoutMs, allowPrivate, breakerFailures, breakerPauseMs } = options;
  const keys = readSigningKeys(options.secrets);
  const url = readReceiverUrl(options.url, { allowPrivate });
  const receiver = createReceiver(url, { timeoutMs, allowPrivate, resolve });
  const breaker = circuitBreaker(
    handleWhenResult((answer) => isOutage(answer as Answer)),
    { halfOpenAfter: breakerPauseMs, breaker: new ConsecutiveBreaker(breakerFailures) },
  );

  const send = (message: Message): Promise<Answer> => {
    // Serialised once: what is signed has to be, to the byte, what is sent.
    const body = Buffer.from(JSON.stringify(message));
    const timestampSeconds = Math.floor(nowMs() / 1000);
    const { id } = message;
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'tollgate',
      'webhook-id': id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signMessage(keys, { id, timestampSeconds, body }),
      'idempotency-key': id,
    };
    return receiver.post(headers, body);
  };

  return {
    name: 'crm',
    types,
    async consume(message) {
      let answer: Answer;
      try {
        answer = await breaker.execute(() => send(message));
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        const why = `${url.host} was not asked: it has failed ${breakerFailures} times in a row`;
        // Not all at once when the pause is over.
        throw new NotNow(why, breakerPauseMs * (1 + Math.random()));
      }
      const failure = findFailure(answer, {
        host: url.host,
        changedAtMs: Date.parse(message.time),
        nowMs: nowMs(),
      });
      if (failure !== null) throw failure;
    },
    close: () => receiver.close(),
  };
}
