import type {
  ApiOptions,
  AskedBefore,
  PaymentStart,
  RefundOrder,
} from '../../../src/providers/provider-api.js';
import { DEFAULT_ACCOUNT } from '../../../src/providers/provider.js';
import { TollgateError, type ErrorCode } from '../../../src/errors.js';

/** Of a payment and of a refund that Tollgate asks for. */
export const REFERENCE = 'tg-01890a5d-ac96-774b-bcce-b302099a8057';
export const REFUND_REFERENCE = 'tg-01890a5d-ac96-774b-bcce-b302099a8058';

export const STRIPE_KEY = 'sk_test_of_the_default_account';
export const PAYSTACK_KEY = 'sk_live_of_the_default_account';

const HOUR_MS = 3_600_000;
export const hoursAgo = (hours: number) => Date.now() - hours * HOUR_MS;

/** That it was asked for once before; null: never. */
export function askedAt(timeMs: number | null): AskedBefore | null {
  return timeMs === null ? null : { firstAtMs: timeMs, lastAtMs: timeMs };
}

/** Limits that no test meets by chance. */
export function apiOptions(baseUrl: string, given: Partial<ApiOptions> = {}): ApiOptions {
  return {
    keys: new Map([[DEFAULT_ACCOUNT, [STRIPE_KEY, 'sk_test_before_that']]]),
    baseUrl,
    timeoutMs: 2000,
    requestsPerSecondMax: 1000,
    concurrencyMax: 10,
    breakerFailuresMax: 1000,
    breakerPauseMs: 1000,
    settleMs: HOUR_MS,
    ...given,
  };
}

export function paymentStart(given: Partial<PaymentStart> = {}): PaymentStart {
  return {
    account: DEFAULT_ACCOUNT,
    reference: REFERENCE,
    idempotencyKey: 'key-of-the-payment',
    orderReference: 'order-1',
    amountMinor: 5000n,
    currency: 'NGN',
    returnUrl: 'https://shop.example/thanks',
    customer: { email: 'buyer@example.com' },
    asked: null,
    noteAsked: () => Promise.resolve(),
    ...given,
  };
}

export function refundOrder(
  providerPaymentId: string,
  given: Partial<RefundOrder> = {},
): RefundOrder {
  return {
    account: DEFAULT_ACCOUNT,
    providerPaymentId,
    reference: REFUND_REFERENCE,
    idempotencyKey: 'key-of-the-refund',
    amountMinor: 2000n,
    currency: 'NGN',
    reason: null,
    asked: null,
    noteAsked: () => Promise.resolve(),
    ...given,
  };
}

/** The failure of a call; the test fails when there is none, or one without a code. */
export async function failureOf(call: Promise<unknown>): Promise<TollgateError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TollgateError) return error;
    throw error;
  }
  throw new Error('the call did not fail');
}

export async function codeOf(call: Promise<unknown>): Promise<ErrorCode> {
  return (await failureOf(call)).code;
}
