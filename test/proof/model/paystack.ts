import { SILENT, type RefundState, type Telling } from './telling.js';

/** As much of an event of Paystack as says something about money. */
export interface PaystackEvent {
  readonly event: string;
  readonly data: PaystackData;
}

interface PaystackData {
  readonly id?: number | string;
  readonly reference?: string;
  readonly transaction_reference?: string | null;
  readonly transaction?: { readonly reference: string };
  readonly amount?: number | string;
  readonly requested_amount?: number;
  readonly currency?: string;
  readonly metadata?: unknown;
  readonly paid_at?: string;
  readonly updated_at?: string;
  readonly resolution?: string | null;
  readonly status?: string;
}

/**
 * What an event of Paystack says; null: nothing about a payment. It tells of no failed charge.
 * @see https://paystack.com/docs/payments/webhooks/#types-of-events
 */
export function tellingOfPaystack({ event, data }: PaystackEvent): Telling | null {
  if (event === 'charge.success') return ofSuccess(data);
  if (event.startsWith('charge.dispute.')) return ofDispute(data);
  return event.startsWith('refund.') ? ofRefund(data) : null;
}

function ofSuccess(data: PaystackData): Telling {
  const currency = data.currency ?? '';
  const takenMinor = Number(data.amount);
  return {
    ...SILENT,
    paymentId: data.reference ?? null,
    at: seconds(data.paid_at),
    currency,
    asked: { minor: data.requested_amount ?? takenMinor, currency },
    taken: { minor: takenMinor, currency },
    orderReference: orderOf(data.metadata),
  };
}

function ofRefund(data: PaystackData): Telling {
  return {
    ...SILENT,
    paymentId: data.transaction_reference ?? null,
    at: seconds(data.updated_at),
    currency: data.currency ?? null,
    refund: {
      id: data.id === undefined ? null : String(data.id),
      minor: Number(data.amount),
      state: REFUND_STATES[data.status ?? ''] ?? 'under_way',
    },
  };
}

const REFUND_STATES: Readonly<Record<string, RefundState>> = {
  processed: 'given_back',
  failed: 'not_given_back',
};

function ofDispute(data: PaystackData): Telling {
  const isOver = data.status === 'resolved';
  const state = data.resolution === 'declined' ? 'won' : 'lost';
  return {
    ...SILENT,
    paymentId: data.transaction?.reference ?? null,
    at: seconds(data.updated_at),
    currency: data.currency ?? null,
    dispute: { id: String(data.id), state: isOver ? state : 'open' },
  };
}

/** Paystack sends `0`, `""` or a text where a merchant gave no metadata. */
function orderOf(metadata: unknown): string | null {
  if (typeof metadata !== 'object' || metadata === null || !('order_id' in metadata)) return null;
  return String(metadata.order_id);
}

function seconds(time: string | undefined): number | null {
  return time === undefined ? null : Date.parse(time) / 1000;
}
