import type Stripe from 'stripe';
import { unanswered, type Access } from '../provider-errors.js';
import type { StripeClient } from './stripe.client.js';

/** The most that Stripe puts on a page. */
export const PAGE_ITEMS_MAX = 100;

/** A list to read through. */
export interface StripeListing<T> {
  readonly account: string;
  /** What the reading is for: when it ends too early, a write may or may not have acted. */
  readonly access: Access;
  readonly pagesMax: number;
  readonly list: (
    stripe: Stripe,
    page: { limit: number; starting_after?: string },
  ) => Promise<Stripe.Response<Stripe.ApiList<T>>>;
}

/**
 * The pages of a list, one request each, until the last.
 * @throws TollgateError `provider_outcome_unknown` or `provider_unavailable` after `pagesMax`
 */
export async function* readPages<T extends { id: string }>(
  client: StripeClient,
  { account, access, pagesMax, list }: StripeListing<T>,
): AsyncGenerator<Stripe.Response<Stripe.ApiList<T>>, void> {
  let last: string | undefined;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const cursor = last === undefined ? {} : { starting_after: last };
    const page = await client.read(account, (stripe) =>
      list(stripe, { limit: PAGE_ITEMS_MAX, ...cursor }),
    );
    yield page;
    last = page.data.at(-1)?.id;
    if (!page.has_more || last === undefined) return;
  }
  throw unanswered(access, `stripe has more than ${pagesMax} pages of what was looked for`);
}
