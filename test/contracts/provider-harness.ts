import { readFileSync } from 'node:fs';
import { ERRORS, TollgateError, type ErrorCode } from '../../src/errors.js';
import type { PaymentFacts } from '../../src/payments/payment-fact.js';
import { parsePayload } from '../../src/providers/payload.js';
import type { ProviderEntry } from '../../src/providers/provider-entry.js';
import {
  DEFAULT_ACCOUNT,
  type PaymentProvider,
  type VerifiedEvent,
} from '../../src/providers/provider.js';

/** What a sample must mean: facts, nothing (null), or a dead letter with this code. */
export interface ProviderSample {
  /** File in the samples folder of the provider, without `.json`. */
  readonly name: string;
  readonly eventType: string;
  readonly expected: PaymentFacts | ErrorCode | null;
}

export const NEWEST_SECRET = 'newest-secret-of-the-default-account';
export const OLDER_SECRET = 'older-secret-of-the-default-account';
export const OTHER_SECRET = 'secret-of-the-other-account-entirely';
export const OTHER_ACCOUNT = 'other';
export const NOW_MS = Date.UTC(2026, 0, 20, 12);

/** The provider of an entry with two active secrets, and another account with one. */
export function createProvider(entry: ProviderEntry): PaymentProvider {
  return entry.create({
    secrets: new Map([
      [DEFAULT_ACCOUNT, [NEWEST_SECRET, OLDER_SECRET]],
      [OTHER_ACCOUNT, [OTHER_SECRET]],
    ]),
    orderReferenceKey: 'order_id',
    api: null,
  });
}

/** The bytes of a sample. */
export function readSample(entry: ProviderEntry, name: string): Buffer {
  return readFileSync(new URL(`${name}.json`, entry.samplesFolder));
}

/** Signs these bytes and verifies them, as a delivery that arrives at once. */
export function deliver(
  entry: ProviderEntry,
  body: Buffer,
  { secret = NEWEST_SECRET, account = DEFAULT_ACCOUNT } = {},
): VerifiedEvent {
  const headers = entry.sign({ body, secret, signedAtMs: NOW_MS });
  return createProvider(entry).verify({ headers, body, account, receivedAtMs: NOW_MS });
}

/** What becomes of these bytes once signed: facts, null, or the code of the dead letter. */
export function understand(entry: ProviderEntry, body: Buffer): ProviderSample['expected'] {
  const event = deliver(entry, body);
  try {
    return createProvider(entry).translate(parsePayload(event.body));
  } catch (error) {
    if (error instanceof TollgateError && ERRORS[error.code].next === 'dead') return error.code;
    throw error;
  }
}
