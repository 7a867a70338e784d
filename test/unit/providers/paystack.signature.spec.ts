import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureError } from '../../../src/errors.js';
import { createSecretKeys } from '../../../src/providers/hmac.js';
import { checkPaystackSignature } from '../../../src/providers/paystack/paystack.signature.js';

const BODY = Buffer.from('{"event":"charge.success"}');
const KEYS = createSecretKeys(['sk_test_new', 'sk_test_old']);
const digest = (secret: string) => createHmac('sha512', secret).update(BODY).digest('hex');
const RIGHT = digest('sk_test_new');

/** The secret that matched, or why the headers are refused. Any other error fails the test. */
const judge = (headers: IncomingHttpHeaders): number | string => {
  try {
    return checkPaystackSignature(headers, BODY, KEYS);
  } catch (error) {
    if (error instanceof SignatureError) return error.reason;
    throw error;
  }
};

describe('the Paystack signature', () => {
  it('accepts HMAC-SHA512 of the raw bytes in hex, under each active secret', () => {
    expect(judge({ 'x-paystack-signature': RIGHT })).toBe(0);
    expect(judge({ 'x-paystack-signature': digest('sk_test_old') })).toBe(1);
  });

  it.each([{}, { 'x-paystack-signature': '' }, { 'stripe-signature': RIGHT }])(
    'misses the header in %j',
    (headers) => {
      expect(judge(headers)).toBe('header_missing');
    },
  );

  it.each([[[RIGHT]], [`${RIGHT}, ${RIGHT}`], [RIGHT.slice(2)], [RIGHT.toUpperCase()], ['x']])(
    'finds %j malformed',
    (header) => {
      // Of one header that came twice, Node gives a list only for others; the type allows it.
      expect(judge({ 'x-paystack-signature': header })).toBe('header_malformed');
    },
  );

  it('does not match the digest of another secret', () => {
    expect(judge({ 'x-paystack-signature': digest('sk_test_of_somebody') })).toBe('no_match');
  });
});
