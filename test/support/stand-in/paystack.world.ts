import type { JsonObject } from '../../../src/providers/provider.js';
import {
  describeRefund,
  type PaystackRefundStatus,
  type PaystackTransaction,
} from './paystack.objects.js';
import type { PaystackRecords } from './paystack.records.js';
import type { AmountOptions, MoneyMoved, RefundMade, World } from './stand-in.world.js';
import type { StandInEvent } from './stand-in.webhooks.js';

/** In the words that serve any provider, and those that only Paystack has. */
const REFUND_OUTCOMES = {
  processing: 'processing',
  'needs-attention': 'needs-attention',
  succeeded: 'processed',
  failed: 'failed',
} as const satisfies Record<string, PaystackRefundStatus>;

/**
 * What happens to payments outside of Paystack's API, for tests to let it happen. The reference of
 * its transaction names a payment.
 */
export class PaystackWorld implements World {
  constructor(private readonly records: PaystackRecords) {}

  /** Oldest first, as they are now. */
  get transactions() {
    return this.records.transactions;
  }

  get refunds() {
    return this.records.refunds;
  }

  get disputes() {
    return this.records.disputes;
  }

  pay(reference: string, { amountMinor }: AmountOptions = {}): StandInEvent[] {
    const transaction = this.payable(reference);
    const paidAt = this.records.now();
    transaction.status = 'success';
    transaction.gateway_response = 'Successful';
    transaction.amount = amountMinor ?? transaction.amount;
    transaction.fees = 100;
    transaction.paid_at = paidAt;
    transaction.paidAt = paidAt;
    return [this.tell('charge.success', transaction)];
  }

  /** Nobody is told: Paystack speaks of a failure only when asked. */
  failAttempt(reference: string): StandInEvent[] {
    const transaction = this.payable(reference);
    transaction.status = 'failed';
    transaction.gateway_response = 'Declined';
    return [];
  }

  /** Nobody is told of this either. */
  requireAction(reference: string): StandInEvent[] {
    this.payable(reference).status = 'ongoing';
    return [];
  }

  settleRefund(refundId: string, outcome: keyof typeof REFUND_OUTCOMES): StandInEvent[] {
    const refund = this.records.refund(refundId);
    refund.status = REFUND_OUTCOMES[outcome];
    refund.updatedAt = this.records.now();
    const transaction = this.records.transaction(String(refund.transaction));
    if (refund.status === 'processed') {
      refund.refunded_at = refund.updatedAt;
      const isAll = this.records.refundedMinor(transaction) === transaction.amount;
      if (isAll) transaction.status = 'reversed';
    }
    return [this.tell(`refund.${refund.status}`, describeRefund(refund, transaction))];
  }

  openDispute(reference: string, { amountMinor }: AmountOptions = {}): StandInEvent[] {
    const transaction = this.records.transaction(reference);
    if (transaction.paid_at === null) throw new Error(`nothing was taken for ${reference}`);
    const dispute = this.records.addDispute(transaction, amountMinor);
    return [this.tell('charge.dispute.create', dispute)];
  }

  closeDispute(disputeId: string, outcome: 'won' | 'lost'): StandInEvent[] {
    const dispute = this.records.dispute(disputeId);
    dispute.status = 'resolved';
    dispute.resolution = outcome === 'won' ? 'declined' : 'merchant-accepted';
    dispute.resolvedAt = this.records.now();
    dispute.updated_at = dispute.resolvedAt;
    return [this.tell('charge.dispute.resolve', dispute)];
  }

  paymentIdsOf(orderReference: string): string[] {
    const { orderReferenceKey } = this.records.options;
    return this.transactions
      .filter(({ metadata }) => readMetadata(metadata)[orderReferenceKey] === orderReference)
      .map(({ reference }) => reference);
  }

  refundsOf(reference: string): RefundMade[] {
    return this.records
      .refundsOf(this.records.transaction(reference))
      .map(({ id, amount: amountMinor, status }) => ({ id: String(id), amountMinor, status }));
  }

  moneyOf(reference: string): MoneyMoved {
    const transaction = this.records.transaction(reference);
    if (transaction.paid_at === null) return { charges: 0, takenMinor: 0, returnedMinor: 0 };
    const returnedMinor = this.records.refundedMinor(transaction);
    return { charges: 1, takenMinor: transaction.amount, returnedMinor };
  }

  /** A customer may try again after a failure, with the same reference. */
  private payable(reference: string): PaystackTransaction {
    const transaction = this.records.transaction(reference);
    if (transaction.paid_at !== null) throw new Error(`${reference} has been paid`);
    return transaction;
  }

  private tell(type: string, data: object): StandInEvent {
    return this.records.tell(type, data, null);
  }
}

/** Metadata comes back as it was given: an object, JSON in a string, or nothing. */
function readMetadata(metadata: unknown): JsonObject {
  const value: unknown = typeof metadata === 'string' ? JSON.parse(metadata || '{}') : metadata;
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
