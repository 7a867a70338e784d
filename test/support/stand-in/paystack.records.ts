import { rawEvent } from '../story.js';
import type { ApiRequest } from './exchange.js';
import {
  createPaystackDispute,
  createPaystackRefund,
  createTransaction,
  describeRefund,
  type PaystackDispute,
  type PaystackRefund,
  type PaystackRefundInput,
  type PaystackTransaction,
  type TransactionInput,
} from './paystack.objects.js';
import { sum, UniqueIds, type WorldOptions } from './stand-in.world.js';
import type { StandInEvent } from './stand-in.webhooks.js';

/** All that Paystack has on record, and tells of it. Lists are oldest first. */
export class PaystackRecords {
  readonly transactions: PaystackTransaction[] = [];
  readonly refunds: PaystackRefund[] = [];
  readonly disputes: PaystackDispute[] = [];

  private readonly ids = new UniqueIds();

  constructor(readonly options: WorldOptions) {}

  /** With a reference that no other transaction has. Nobody is told. */
  addTransaction(input: TransactionInput): PaystackTransaction {
    const transaction = createTransaction(this.origin(), input);
    this.transactions.push(transaction);
    return transaction;
  }

  /** Of a transaction that has so much left. */
  addRefund(
    transaction: PaystackTransaction,
    input: PaystackRefundInput,
    cause: ApiRequest,
  ): PaystackRefund {
    const refund = createPaystackRefund(this.origin(), transaction, input);
    this.refunds.push(refund);
    this.tell('refund.pending', describeRefund(refund, transaction), cause);
    return refund;
  }

  addDispute(transaction: PaystackTransaction, amountMinor = transaction.amount): PaystackDispute {
    const dispute = createPaystackDispute(this.origin(), transaction, amountMinor);
    this.disputes.push(dispute);
    return dispute;
  }

  /** By reference or by number; null: there is none. */
  find(name: string): PaystackTransaction | null {
    const isNamed = ({ id, reference }: PaystackTransaction) =>
      reference === name || String(id) === name;
    return this.transactions.find(isNamed) ?? null;
  }

  /** @throws Error when there is none, as a test should know */
  transaction(name: string): PaystackTransaction {
    return expectFound(this.find(name), name);
  }

  refund(id: string): PaystackRefund {
    return expectFound(this.refunds.find((refund) => String(refund.id) === id) ?? null, id);
  }

  dispute(id: string): PaystackDispute {
    return expectFound(this.disputes.find((dispute) => String(dispute.id) === id) ?? null, id);
  }

  refundsOf({ id }: PaystackTransaction): PaystackRefund[] {
    return this.refunds.filter(({ transaction }) => transaction === id);
  }

  /** What has been given back, or is about to be. */
  refundedMinor(transaction: PaystackTransaction): number {
    const standing = this.refundsOf(transaction).filter(({ status }) => status !== 'failed');
    return sum(standing.map(({ amount }) => amount));
  }

  /** @param cause null for what happened outside of the API */
  tell(type: string, data: object, cause: ApiRequest | null): StandInEvent {
    const body = JSON.stringify({ event: type, data });
    const event = { ...rawEvent('paystack', body), type };
    this.options.tell(event, cause);
    return event;
  }

  /** As Paystack writes a time. */
  now(): string {
    return new Date(this.options.now()).toISOString();
  }

  private origin() {
    return { id: this.ids.number(), time: this.now(), domain: this.options.mode };
  }
}

function expectFound<T>(found: T | null, name: string): T {
  if (found === null) throw new Error(`there is no ${name} at the Paystack stand-in`);
  return found;
}
