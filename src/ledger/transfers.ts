import type { Posting } from './posting-rules.js';

/** One debit and one credit of the same amount, as it is written. */
export interface Transfer extends Posting {
  readonly paymentId: string;
  /** 1 for the first transfer of a fact and rule; one more for each that corrects it. */
  readonly revision: number;
}

/**
 * The transfers after which what is posted for a payment is what should be: the differences. What
 * is too much is taken back by a transfer the other way round. Empty when all is as it should be,
 * so that a fact is posted once however often it is told.
 *
 * @param postings what should stand in the ledger
 * @param posted what stands there
 */
export function transfersBetween(
  paymentId: string,
  postings: readonly Posting[],
  posted: readonly Transfer[],
): Transfer[] {
  const differences = new Map<string, Difference>();
  for (const one of posted) note(differences, one, -one.amountMinor);
  for (const one of postings) note(differences, one, one.amountMinor);

  const revisions = new Map<string, number>();
  for (const one of posted) {
    revisions.set(factOf(one), Math.max(one.revision, revisions.get(factOf(one)) ?? 0));
  }
  const transfers: Transfer[] = [];
  for (const { like, amountMinor } of differences.values()) {
    if (amountMinor === 0n) continue;
    const revision = (revisions.get(factOf(like)) ?? 0) + 1;
    revisions.set(factOf(like), revision);
    transfers.push(transferOf(like, amountMinor, paymentId, revision));
  }
  return transfers;
}

interface Difference {
  readonly like: Posting;
  /** What is missing in the direction of `like`; negative: what is too much. */
  amountMinor: bigint;
}

function note(differences: Map<string, Difference>, like: Posting, amountMinor: bigint): void {
  const key = keyOf(like);
  const difference = differences.get(key) ?? { like, amountMinor: 0n };
  const isSameWay = difference.like.debitAccount === like.debitAccount;
  difference.amountMinor += isSameWay ? amountMinor : -amountMinor;
  differences.set(key, difference);
}

/** What is too much is taken back: the same the other way round. */
function transferOf(
  { orderId, factKind, factKey, rule, currency, debitAccount, creditAccount }: Posting,
  amountMinor: bigint,
  paymentId: string,
  revision: number,
): Transfer {
  const fact = { paymentId, orderId, factKind, factKey, rule, revision, currency };
  return amountMinor > 0n
    ? { amountMinor, debitAccount, creditAccount, ...fact }
    : {
        amountMinor: -amountMinor,
        debitAccount: creditAccount,
        creditAccount: debitAccount,
        ...fact,
      };
}

/** What is posted between the same two accounts, in either direction, adds up. */
function keyOf(one: Posting): string {
  const accounts = [one.debitAccount, one.creditAccount].sort();
  return JSON.stringify([factOf(one), one.orderId, one.currency, accounts]);
}

function factOf({ factKind, factKey, rule }: Posting): string {
  return JSON.stringify([factKind, factKey, rule]);
}
