import type { Says } from './catalog.js';

/** What is to be seen of payments and orders. Minor units. */
export interface Books {
  readonly payments: Readonly<Record<string, PaymentBook>>;
  readonly orders: Readonly<Record<string, OrderBook>>;
}

export interface PaymentBook {
  readonly status: string;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** Amounts of its disputes. */
  readonly disputedMinor: readonly number[];
}

export interface OrderBook {
  readonly status: string;
  readonly paidMinor: number;
  readonly refundedMinor: number;
}

/**
 * What a set of events comes to, for somebody who knows nothing of the service: whatever is told of
 * one capture counts once, refunds count when there is money, and a dispute belongs to the payment
 * to which its part belongs.
 */
export function booksOf(told: readonly Says[]): Books {
  const payments: Record<string, PaymentBook> = {};
  const orders: Record<string, OrderBook> = {};
  const names = new Set(told.flatMap(({ payment }) => payment ?? []));
  for (const name of names) {
    const about = told.filter(({ payment }) => payment === name);
    const book = paymentOf(about, told);
    payments[name] = book;
    for (const order of new Set(about.flatMap((one) => one.order ?? []))) {
      const { capturedMinor: paidMinor, refundedMinor } = book;
      orders[order] = { status: paidMinor > 0 ? book.status : 'open', paidMinor, refundedMinor };
    }
  }
  return { payments, orders };
}

function paymentOf(about: readonly Says[], told: readonly Says[]): PaymentBook {
  const capturedMinor = Math.max(0, ...about.map((one) => one.capturedMinor ?? 0));
  const refunds = about.map((one) => one.refundMinor ?? 0);
  const refundedMinor = capturedMinor > 0 ? Math.max(0, ...refunds) : 0;
  const parts = about.flatMap(({ part }) => part ?? []);
  const disputedMinor = told.flatMap(({ dispute }) =>
    dispute && parts.includes(dispute.part) ? [dispute.amountMinor] : [],
  );
  return {
    status: statusOf(about, capturedMinor, refundedMinor),
    capturedMinor,
    refundedMinor,
    disputedMinor,
  };
}

function statusOf(about: readonly Says[], capturedMinor: number, refundedMinor: number): string {
  if (capturedMinor > 0 && refundedMinor >= capturedMinor) return 'refunded';
  if (capturedMinor > 0) return refundedMinor > 0 ? 'partially_refunded' : 'paid';
  if (about.some(({ isCancelled }) => isCancelled)) return 'cancelled';
  if (about.some(({ hasFailed }) => hasFailed)) return 'failed';
  return about.some(({ isPending }) => isPending) ? 'pending' : 'initiated';
}
