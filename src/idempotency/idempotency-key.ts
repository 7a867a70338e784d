import { TollgateError } from '../errors.js';

/** Visible ASCII, so no space: two keys that Node has joined with `, ` are none. */
const BARE_KEY = /^[\x21-\x7e]{1,255}$/;
/** A string of structured fields (RFC 8941): quotes and backslashes inside are escaped. */
const QUOTED_KEY = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;

/**
 * The key in the values of the `Idempotency-Key` headers of a request: 1 to 255 visible ASCII
 * characters, bare or as the quoted string of the draft. Both spellings are one key.
 *
 * @param values every `Idempotency-Key` header of the request
 * @throws TollgateError `idempotency_key_missing`, `idempotency_key_malformed`
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function readIdempotencyKey(values: readonly string[]): string {
  const [value] = values;
  if (value === undefined || value === '') {
    throw new TollgateError(
      'idempotency_key_missing',
      'send an Idempotency-Key that is new for each request and the same for its retries',
    );
  }
  const key = value.startsWith('"') ? unquote(value) : value;
  if (values.length > 1 || !BARE_KEY.test(key)) {
    throw new TollgateError(
      'idempotency_key_malformed',
      'expected one Idempotency-Key of 1 to 255 visible ASCII characters, bare or in double quotes',
    );
  }
  return key;
}

function unquote(value: string): string {
  const [, inner = ''] = QUOTED_KEY.exec(value) ?? [];
  return inner.replace(/\\(["\\])/g, '$1');
}
