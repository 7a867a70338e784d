import { asObject } from '../payload.js';
import type { ObjectPointer } from '../provider-api.js';
import type { JsonObject } from '../provider.js';
import { readPaystackId, readPaystackTransaction } from './paystack.event.js';
import { readRefundTime } from './paystack.refund.js';

/** Points at a transaction by its reference. */
export const TRANSACTION = 'transaction';

/** Points at a transaction by its number, where an event tells no more of it. */
export const TRANSACTION_NUMBER = 'transaction_number';

/**
 * What to ask for when an event of a refund does not say which refund it is, or since when it is
 * in this state: the transaction, whose refunds can be listed. Without its time, the event could
 * not be told from an older one. Null for an event that says both, and for every other.
 */
export function pointsAtPaystackTransaction(payload: JsonObject): ObjectPointer | null {
  const { event: type } = payload;
  const data = asObject(payload['data']);
  if (data === null || typeof type !== 'string' || !type.startsWith('refund.')) return null;
  if (readPaystackId(data['id']) !== null && readRefundTime(data) !== null) return null;
  const { reference, id } = readPaystackTransaction(data);
  if (reference !== null) return { kind: TRANSACTION, id: reference };
  return id === null ? null : { kind: TRANSACTION_NUMBER, id };
}
