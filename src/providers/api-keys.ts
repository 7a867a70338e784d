import { notConfigured } from './provider-errors.js';
import type { ApiOptions } from './provider-api.js';

/** The newest API key of an account, with which requests are made. */
export function newestKeys({ keys }: ApiOptions): ReadonlyMap<string, string> {
  return new Map([...keys].flatMap(([account, [newest]]) => (newest ? [[account, newest]] : [])));
}

/**
 * What belongs to an account that can be asked for.
 * @throws TollgateError `provider_not_configured` for an account without an API key
 */
export function ofAccount<T>(byAccount: ReadonlyMap<string, T>, account: string): T {
  const found = byAccount.get(account);
  if (found === undefined) throw notConfigured(`there is no API key for the account "${account}"`);
  return found;
}

/** The mode of a key as its prefix tells, at Stripe and at Paystack alike; null for any other. */
export function readKeyMode(key: string | undefined): boolean | null {
  const mode = /^[sr]k_(test|live)_/.exec(key ?? '')?.[1];
  return mode === undefined ? null : mode === 'live';
}
