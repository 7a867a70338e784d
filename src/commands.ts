import type { BackoffOptions } from './backoff.js';
import { cancelOrderOperation } from './checkout/cancel-order.operation.js';
import type { CheckoutContext } from './checkout/context.js';
import { CREATE_ORDER } from './checkout/create-order.operation.js';
import { refundPaymentOperation } from './checkout/refund-payment.operation.js';
import { resolveReviewOperation } from './checkout/resolve-review.operation.js';
import { resolveOnce, type ResolverContext } from './checkout/resolver.js';
import { startPaymentOperation } from './checkout/start-payment.operation.js';
import { milliseconds, type Config } from './config/config.js';
import type { Database } from './database/database.js';
import { completeOnce, forgetOnce, type CompleterContext } from './idempotency/completer.js';
import { execute as runCommand, type ExecuteContext } from './idempotency/execute.js';
import type { Operation } from './idempotency/operation.js';
import type { RingContext } from './inbox/process-ring.js';
import { Loop } from './loop.js';
import type { PaymentProvider } from './providers/provider.js';
import type { Logger } from './telemetry/logger.js';
import type { Metrics } from './telemetry/metrics.js';

/** What the command routes work with, and the loops that finish what they began. */
export interface Commands {
  readonly checkout: CheckoutContext;
  readonly execute: ExecuteContext;
  readonly createOrder: Operation;
  readonly startPayment: Operation;
  readonly cancelOrder: Operation;
  readonly refundPayment: Operation;
  readonly resolveReview: Operation;
  /** Completer, resolver and clean-up, not started yet. */
  readonly loops: readonly Loop[];
}

/** Pauses of the completer: first soon, since a client may be waiting, and never too rarely. */
const COMPLETER_BACKOFF: BackoffOptions = { baseSeconds: 10, factor: 3, capSeconds: 1800 };
/** After the last retry of a key, until nobody can be at it any more. */
const LOST_MARGIN_SECONDS = 3600;

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly ring: RingContext;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export function createCommands(parts: Parts, onError: (error: unknown) => void): Commands {
  const { config, database, providers, metrics, logger } = parts;
  const pool = database.command;
  const ring: RingContext = { ...parts.ring, pool };
  const checkout: CheckoutContext = { pool, providers, ring };
  const execute: ExecuteContext = {
    pool,
    leaseSeconds: config.IDEMPOTENCY_LEASE_SECONDS,
    ttlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
    waitMs: config.IDEMPOTENCY_WAIT_MS,
    backoff: COMPLETER_BACKOFF,
  };
  const refundPayment = refundPaymentOperation(checkout);
  const operations = {
    createOrder: CREATE_ORDER,
    startPayment: startPaymentOperation(checkout),
    cancelOrder: cancelOrderOperation(checkout),
    refundPayment,
    resolveReview: resolveReviewOperation({
      checkout,
      ttlSeconds: config.IDEMPOTENCY_TTL_SECONDS,
      refund: async (request) => (await runCommand(execute, refundPayment, request)).response,
      secondPersonMinor: config.REVIEW_SECOND_PERSON_MINOR ?? null,
    }),
  };
  const completer: CompleterContext = {
    ...execute,
    operations: new Map(Object.values(operations).map((one) => [one.name, one])),
    report: ({ operation, attempts }, result) => {
      metrics.completed.inc({ operation, result: result === 'done' ? 'done' : 'failed' });
      const line = { operation, attempts, ...(result === 'done' ? {} : { error: result }) };
      logger[result === 'done' ? 'info' : 'warn'](line, 'completed');
    },
  };
  const resolver: ResolverContext = {
    ...checkout,
    scheduleSeconds: config.RESOLVE_SCHEDULE_SECONDS,
    asksMax: config.RESOLVE_ASKS_MAX,
    lostAfterSeconds: config.IDEMPOTENCY_TTL_SECONDS + LOST_MARGIN_SECONDS,
    report: ({ id: paymentId, provider, asks }, result) => {
      const isError = result instanceof Error;
      metrics.resolved.inc({ provider, result: isError ? 'failed' : result });
      const line = { paymentId, provider, asks, ...(isError ? { error: result } : { result }) };
      logger[isError ? 'warn' : 'info'](line, 'resolved');
    },
  };
  const loop = (pass: () => ReturnType<typeof forgetOnce>, seconds: number) =>
    new Loop(pass, milliseconds(seconds), onError);
  return {
    checkout,
    execute,
    ...operations,
    loops: [
      loop(() => completeOnce(completer), config.COMPLETE_INTERVAL_SECONDS),
      loop(() => resolveOnce(resolver), config.RESOLVE_INTERVAL_SECONDS),
      loop(() => forgetOnce(execute), config.IDEMPOTENCY_CLEANUP_SECONDS),
    ],
  };
}
