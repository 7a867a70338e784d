import { TollgateError } from '../../errors.js';
import type { OrderSnapshot } from '../../outbox/message.js';

export type DocumentKind = 'invoice' | 'credit_note' | 'debit_note';

/** A document in the making: it has no number yet. */
export interface NewDocument {
  readonly kind: DocumentKind;
  /** Upper-case ISO 4217. */
  readonly currency: string;
  /** Minor units, at least 1: the kind says whether it adds or takes. */
  readonly amountMinor: bigint;
}

/** What was issued for an order before, once it has an invoice. */
export interface IssuedDocuments {
  /** That of the invoice, and so of everything that corrects it. */
  readonly currency: string;
  /** Minor units: invoice and debit notes less credit notes. */
  readonly netMinor: bigint;
}

/**
 * What is to be issued for an order, so that its documents add up to what the customer owes and has
 * left with us. An invoice is issued once the order was paid in full; after that, differences are
 * credited or debited, and all of it is credited for as long as less is paid than owed. Nothing
 * is issued while a review holds the order: nobody knows what is true.
 *
 * Which documents there are may depend on which versions of the order were told: one that goes
 * straight to the last version gives one credit note where others give two. What they add up to
 * does not.
 *
 * @param order the newest version
 * @param issued null: no invoice
 * @throws TollgateError `consumer_refused`: the order has another currency than its invoice
 */
export function planDocuments(order: OrderSnapshot, issued: IssuedDocuments | null): NewDocument[] {
  if (order.status === 'in_review') return [];
  if (issued) {
    refuseOtherCurrency(order, issued);
    return correct(issued.currency, targetMinor(order) - issued.netMinor);
  }
  const amountMinor = BigInt(order.amountDueMinor ?? order.amountPaidMinor);
  if (order.currency === null || amountMinor === 0n || !wasPaidInFull(order)) return [];
  const invoice = { kind: 'invoice', currency: order.currency, amountMinor } as const;
  return [invoice, ...correct(order.currency, targetMinor(order) - amountMinor)];
}

/**
 * What the documents of an order are to add up to, in minor units: once it was paid in full, what
 * was paid and not given back, but never more than was owed and never less than nothing. It follows
 * from the newest version alone, so it does not matter in which order versions are told.
 */
export function targetMinor(order: OrderSnapshot): bigint {
  if (!wasPaidInFull(order)) return 0n;
  const keptMinor = BigInt(order.amountPaidMinor) - BigInt(order.amountRefundedMinor);
  if (keptMinor < 0n) return 0n; // what was given back beyond it was never invoiced
  if (order.amountDueMinor === null) return keptMinor;
  const dueMinor = BigInt(order.amountDueMinor);
  return dueMinor < keptMinor ? dueMinor : keptMinor;
}

/** All that was owed was paid at some time, whatever was given back since. */
function wasPaidInFull({ status, amountDueMinor, amountPaidMinor }: OrderSnapshot): boolean {
  if (status !== 'paid' && status !== 'partially_refunded' && status !== 'refunded') return false;
  return amountPaidMinor >= (amountDueMinor ?? amountPaidMinor);
}

function correct(currency: string, differenceMinor: bigint): NewDocument[] {
  if (differenceMinor < 0n) {
    return [{ kind: 'credit_note', currency, amountMinor: -differenceMinor }];
  }
  if (differenceMinor > 0n) return [{ kind: 'debit_note', currency, amountMinor: differenceMinor }];
  return [];
}

/** An order that has lost its payment may have no currency; that contradicts nothing. */
function refuseOtherCurrency(order: OrderSnapshot, issued: IssuedDocuments): void {
  if (order.currency === null || order.currency === issued.currency) return;
  throw new TollgateError(
    'consumer_refused',
    `expected an order in ${issued.currency}, as its invoice is, found ${order.currency}; ` +
      'check the payments of the order and correct the invoice by hand',
  );
}
