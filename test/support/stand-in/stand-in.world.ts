import { randomBytes } from 'node:crypto';
import type { ApiRequest } from './exchange.js';
import type { StandInEvent } from './stand-in.webhooks.js';

/** What the records of both providers are kept with. */
export interface WorldOptions {
  /** The provider's clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly mode: 'test' | 'live';
  /** Key of the metadata in which an order has its reference. */
  readonly orderReferenceKey: string;
  /** Takes what the provider has to tell; `cause` is null for what happened by itself. */
  readonly tell: (event: StandInEvent, cause: ApiRequest | null) => void;
}

export interface AmountOptions {
  /** All of it by default. */
  readonly amountMinor?: number;
}

/** What became of the money of a payment, or of the payments of an order. */
export interface MoneyMoved {
  /** How often money was taken; for an order more than 1 is a double charge. */
  readonly charges: number;
  readonly takenMinor: number;
  /** By refunds that have not failed. */
  readonly returnedMinor: number;
}

export interface RefundMade {
  readonly id: string;
  readonly amountMinor: number;
  /** In the provider's words. */
  readonly status: string;
}

/**
 * What happens outside of the API at any provider, so that one test serves all: what customers,
 * banks and card networks do. Each returns the events that the provider tells of it.
 */
export interface World {
  /** The customer pays. */
  pay(providerPaymentId: string, options?: AmountOptions): StandInEvent[];
  /** The customer tries to pay and is declined; may try again. */
  failAttempt(providerPaymentId: string): StandInEvent[];
  /** The customer has to confirm with the bank first. */
  requireAction(providerPaymentId: string): StandInEvent[];
  /** What the bank makes of a refund. */
  settleRefund(providerRefundId: string, outcome: 'succeeded' | 'failed'): StandInEvent[];
  /** The cardholder disputes a payment that was made. */
  openDispute(providerPaymentId: string, options?: AmountOptions): StandInEvent[];
  /** The dispute ends, for the merchant or not. */
  closeDispute(providerDisputeId: string, outcome: 'won' | 'lost'): StandInEvent[];

  /** The payments whose metadata name the order, oldest first. */
  paymentIdsOf(orderReference: string): string[];
  /** The refunds of a payment, oldest first. */
  refundsOf(providerPaymentId: string): RefundMade[];
  moneyOf(providerPaymentId: string): MoneyMoved;
}

/** Ids that nothing else in any test has. */
export class UniqueIds {
  private readonly tag = randomBytes(6).toString('hex');
  private readonly base = randomBytes(4).readUInt32BE() * 1000 + 1_000_000_000_000;
  private count = 0;

  /** As Stripe has them. */
  text(prefix: string): string {
    this.count += 1;
    return `${prefix}_3Ti${this.tag}${String(this.count).padStart(8, '0')}`;
  }

  /** As Paystack has them: past 2^31, below 2^53. */
  number(): number {
    this.count += 1;
    return this.base + this.count;
  }
}

export function addUp(parts: readonly MoneyMoved[]): MoneyMoved {
  return {
    charges: sum(parts.map(({ charges }) => charges)),
    takenMinor: sum(parts.map(({ takenMinor }) => takenMinor)),
    returnedMinor: sum(parts.map(({ returnedMinor }) => returnedMinor)),
  };
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
