import type { JsonObject } from '../../../src/providers/provider.js';

export type TransactionStatus =
  'abandoned' | 'ongoing' | 'processing' | 'failed' | 'success' | 'reversed';
export type PaystackRefundStatus =
  'pending' | 'processing' | 'needs-attention' | 'processed' | 'failed';

/** Where something comes from: its number, and when it was made. */
interface Origin {
  readonly id: number;
  readonly time: string;
  readonly domain: 'test' | 'live';
}

export interface TransactionInput {
  /** Null: made of the number. */
  readonly reference: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly email: string;
  /** Given back as it came: an object, or JSON in a string. */
  readonly metadata: unknown;
}

/** @see https://paystack.com/docs/api/transaction/#verify */
export function createTransaction({ id, time, domain }: Origin, input: TransactionInput) {
  return {
    id,
    domain,
    status: 'abandoned' as TransactionStatus,
    reference: input.reference ?? `T${id}`,
    receipt_number: null,
    amount: input.amount,
    message: null,
    gateway_response: 'The transaction was not completed',
    paid_at: null as string | null,
    created_at: time,
    channel: 'card',
    currency: input.currency,
    ip_address: '192.0.2.1',
    metadata: input.metadata,
    log: null,
    fees: null as number | null,
    requested_amount: input.amount,
    customer: {
      id: id + 1,
      first_name: null,
      last_name: null,
      email: input.email,
      customer_code: `CUS_${id}`,
      phone: null,
      metadata: null,
      risk_action: 'default',
    },
    paidAt: null as string | null,
    createdAt: time,
  };
}
export type PaystackTransaction = ReturnType<typeof createTransaction>;

export interface PaystackRefundInput {
  readonly amount: number;
  readonly merchantNote: string;
  readonly customerNote: string;
}

/** @see https://paystack.com/docs/api/refund/#fetch */
export function createPaystackRefund(
  { id, time }: Origin,
  transaction: PaystackTransaction,
  input: PaystackRefundInput,
) {
  return {
    id,
    integration: 400_001,
    domain: transaction.domain,
    transaction: transaction.id,
    dispute: null,
    settlement: null,
    amount: input.amount,
    deducted_amount: 0,
    fully_deducted: false,
    currency: transaction.currency,
    channel: transaction.channel,
    merchant_note: input.merchantNote,
    customer_note: input.customerNote,
    status: 'pending' as PaystackRefundStatus,
    refunded_by: 'merchant@example.com',
    refunded_at: null as string | null,
    expected_at: time,
    createdAt: time,
    updatedAt: time,
  };
}
export type PaystackRefund = ReturnType<typeof createPaystackRefund>;

/**
 * What a webhook says of a refund: neither its id nor a time, so that two refunds of one amount are
 * told with the same bytes. Amounts are text, but for the failed ones.
 * @see https://paystack.com/docs/payments/refunds/#listening-for-refund-events
 */
export function describeRefund(
  refund: PaystackRefund,
  { reference, customer }: PaystackTransaction,
): JsonObject {
  const { status, amount, currency, integration, domain } = refund;
  const isSettled = status === 'processed' || status === 'failed';
  return {
    status,
    transaction_reference: reference,
    refund_reference: isSettled ? `TRF_${refund.id}` : null,
    amount: status === 'failed' ? amount : String(amount),
    currency,
    processor: 'instant-transfer',
    customer: { first_name: null, last_name: null, email: customer.email },
    integration,
    domain,
  };
}

/** @see https://paystack.com/docs/api/dispute/#fetch */
export function createPaystackDispute(
  { id, time }: Origin,
  transaction: PaystackTransaction,
  amount: number,
) {
  return {
    id,
    refund_amount: amount,
    currency: transaction.currency,
    status: 'awaiting-merchant-feedback',
    resolution: null as 'declined' | 'merchant-accepted' | null,
    domain: transaction.domain,
    transaction: structuredClone(transaction),
    transaction_reference: null,
    category: 'chargeback',
    customer: structuredClone(transaction.customer),
    resolvedAt: null as string | null,
    created_at: time,
    updated_at: time,
  };
}
export type PaystackDispute = ReturnType<typeof createPaystackDispute>;
