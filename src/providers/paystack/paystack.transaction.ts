import { asObject } from '../payload.js';
import type { ProviderPayment } from '../provider-api.js';
import { unanswered, type Access } from '../provider-errors.js';
import type { JsonObject } from '../provider.js';
import type { PaystackClient } from './paystack.client.js';
import { readPaystackId } from './paystack.event.js';

/** The most that Paystack puts on a page. */
const PAGE_ITEMS_MAX = 100;

/** More refunds than a payment has. */
const PAGES_MAX = 10;

/** A transaction as Paystack shows it. */
export interface ShownTransaction {
  /** Its number. */
  readonly id: string;
  /** Everything of it. */
  readonly data: JsonObject;
  /** When it was seen, whole seconds since 1970. */
  readonly answeredAtSeconds: number;
}

/**
 * The transaction of a reference.
 * @throws TollgateError as {@link ProviderApi} says
 * @see https://paystack.com/docs/api/transaction/#verify
 */
export async function verifyTransaction(
  client: PaystackClient,
  { account, providerPaymentId }: ProviderPayment,
): Promise<ShownTransaction> {
  const path = `/transaction/verify/${encodeURIComponent(providerPaymentId)}`;
  const { data: shown, answeredAtSeconds } = await client.get({ account, path });
  const data = asObject(shown);
  const id = readPaystackId(data?.['id']);
  if (data === null || id === null) throw unanswered('read', 'paystack showed no transaction');
  return { id, data, answeredAtSeconds };
}

/** The refunds of a transaction. */
export interface ShownRefunds {
  readonly refunds: readonly JsonObject[];
  /** When the first page was seen, whole seconds since 1970. */
  readonly answeredAtSeconds: number;
}

/**
 * All refunds of a transaction, newest first.
 * @param access what the reading is for: when it ends too early, a write may have acted
 * @throws TollgateError as {@link ProviderApi} says
 * @see https://paystack.com/docs/api/refund/#list
 */
export async function listRefunds(
  client: PaystackClient,
  account: string,
  transactionId: string,
  access: Access,
): Promise<ShownRefunds> {
  const refunds: JsonObject[] = [];
  let seenAtSeconds: number | null = null;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const query = new URLSearchParams({
      transaction: transactionId,
      perPage: String(PAGE_ITEMS_MAX),
      page: String(page),
    });
    const answer = await client.get({ account, path: `/refund?${query.toString()}` });
    const items: unknown = answer.data;
    if (!Array.isArray(items)) throw unanswered(access, 'paystack showed no list of refunds');
    seenAtSeconds ??= answer.answeredAtSeconds;
    refunds.push(...items.map((item: unknown) => asObject(item)).filter((item) => item !== null));
    if (isLastPage(answer.meta, page, items.length)) {
      return { refunds, answeredAtSeconds: seenAtSeconds };
    }
  }
  throw unanswered(access, `paystack has more than ${PAGES_MAX} pages of refunds`);
}

/** By the number of pages, or by a page that is not full where Paystack does not tell it. */
function isLastPage({ pageCount }: JsonObject, page: number, items: number): boolean {
  return typeof pageCount === 'number' ? page >= pageCount : items < PAGE_ITEMS_MAX;
}
