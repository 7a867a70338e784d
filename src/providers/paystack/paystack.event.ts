import { isUsableIdentifier } from '../identifier.js';
import { readAmount } from '../money.js';
import { asObject } from '../payload.js';
import type { JsonObject } from '../provider.js';

/** An event whose envelope has been checked. */
export interface PaystackEvent {
  /** The `event` of the envelope. */
  readonly type: string;
  readonly data: JsonObject;
  /** Null where the data do not say. */
  readonly livemode: boolean | null;
  /** Key of the metadata that holds our order reference. */
  readonly orderReferenceKey: string;
}

/**
 * Reads an amount in the smallest unit (kobo, pesewa, cent), which Paystack writes as a number in
 * some events and as digits in others.
 * @throws TollgateError `amount_unusable`
 */
export function readPaystackAmount(value: unknown, field: string): bigint {
  const isDigits = typeof value === 'string' && /^\d{1,16}$/.test(value);
  return readAmount(isDigits ? Number(value) : value, field);
}

/** The mode that the data name in `domain`; null where they do not. */
export function readPaystackLivemode(domain: unknown): boolean | null {
  if (domain === 'live') return true;
  return domain === 'test' ? false : null;
}

/**
 * Metadata as the entries that were given. Paystack hands them back as it got them: an object,
 * JSON in a string, `""` or `0`.
 * @returns null where there are none
 */
export function readPaystackMetadata(metadata: unknown): JsonObject | null {
  if (typeof metadata !== 'string') return asObject(metadata);
  try {
    return asObject(JSON.parse(metadata));
  } catch {
    return null; // Text that was never meant as JSON.
  }
}

/** An id as text; Paystack has numbers (past 2^31) and strings. Null when there is none to use. */
export function readPaystackId(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null;
  return isUsableIdentifier(value) ? value : null;
}

/** The payment that a refund or a dispute belongs to. */
export interface PaystackTransaction {
  /** The transaction's reference, which is the payment's id; null when only the number is told. */
  readonly reference: string | null;
  /** The transaction's number, by which `charge.success` also names the payment. */
  readonly id: string | null;
}

/**
 * Reads which transaction a payload belongs to: `transaction_reference`, or `transaction` as an
 * object with `id` and `reference`, or as a number.
 */
export function readPaystackTransaction(data: JsonObject): PaystackTransaction {
  const transaction = asObject(data['transaction']);
  const reference = transaction?.['reference'] ?? data['transaction_reference'];
  return {
    reference: isUsableIdentifier(reference) ? reference : null,
    id: readPaystackId(transaction === null ? data['transaction'] : transaction['id']),
  };
}
