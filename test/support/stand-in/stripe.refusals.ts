import type { JsonObject } from '../../../src/providers/provider.js';
import { Refusal } from './exchange.js';

export interface StripeError {
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  readonly message: string;
  /** The object that stands in the way, as it is. */
  readonly payment_intent?: unknown;
}

/** An error that Stripe gives before it begins; no idempotency key remembers it. */
export function refuse(status: number, error: StripeError): Refusal {
  return new Refusal(status, describeError(error), 'checking');
}

/** An error in what the request was about; the idempotency key remembers it. */
export function refuseWhileActing(status: number, error: StripeError): Refusal {
  return new Refusal(status, describeError(error), 'acting');
}

/** @see https://docs.stripe.com/api/errors */
export function describeError(error: StripeError): JsonObject {
  return { error: { type: 'invalid_request_error', ...error } };
}

export function refuseMissing(kind: string, id: string, param: string): Refusal {
  const message = `No such ${kind}: '${id}'`;
  return refuse(404, { code: 'resource_missing', param, message });
}

/**
 * Stripe refuses what it does not know, so the stand-in does: a parameter that would be refused in
 * earnest must not pass a test.
 * @throws Refusal `parameter_unknown`
 */
export function refuseUnknownParameters(params: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(params).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const message = `Received unknown parameter: ${unknown}`;
  throw refuse(400, { code: 'parameter_unknown', param: unknown, message });
}

/** @throws Refusal `parameter_missing` */
export function readRequired(params: JsonObject, name: string): string {
  const value = readOptional(params, name);
  if (value !== null) return value;
  throw refuse(400, {
    code: 'parameter_missing',
    param: name,
    message: `Missing required param: ${name}.`,
  });
}

/** Text that may be absent or empty. */
export function readOptional(params: JsonObject, name: string): string | null {
  const value = params[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** @throws Refusal `parameter_invalid_integer` */
export function readInteger(text: string, param: string, min: number): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= min) return Number(text);
  const message = `Invalid integer: ${text}`;
  throw refuse(400, { code: 'parameter_invalid_integer', param, message });
}
