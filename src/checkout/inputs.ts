import { z } from 'zod';
import { RESOLUTIONS } from '../payments/review-reasons.js';

const TEXT_MAX = 255;
const METADATA_ENTRIES_MAX = 50;
const METADATA_VALUE_MAX = 500;
const URL_MAX = 2048;

/** What PostgreSQL cannot store, and what breaks lines of logs. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;
const storable = (text: string) => !UNSTORABLE.test(text);
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const text = z
  .string()
  .min(1)
  .max(TEXT_MAX)
  .refine(storable, 'must not hold control characters or half of a character');

/** Minor units: an integer of at most 2^53−1, beyond which JSON rounds. */
const amount = z.int();

const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, 'expected an ISO 4217 code')
  .transform((code) => code.toUpperCase())
  .refine((code) => CURRENCIES.has(code), 'expected an ISO 4217 code');

const metadataValue = z.union([
  z
    .string()
    .max(METADATA_VALUE_MAX)
    .refine((value) => !/\u0000|\p{Cs}/u.test(value)),
  z.number(),
  z.boolean(),
  z.null(),
]);

export const newOrderInput = z.strictObject({
  reference: text,
  currency,
  amountDueMinor: amount.min(0),
  metadata: z
    .record(text, metadataValue)
    .refine((entries) => Object.keys(entries).length <= METADATA_ENTRIES_MAX, {
      message: `at most ${METADATA_ENTRIES_MAX} entries`,
    })
    .default({}),
});

const webUrl = z
  .url({ protocol: /^https?$/ })
  .max(URL_MAX)
  .nullish()
  .transform((url) => url ?? null);

/** A name may be sent along, and is not kept: no provider is told it. */
const customer = z.strictObject({
  email: z.email().max(TEXT_MAX).nullish(),
  name: text.nullish(),
});

/** @param providers the names that there are */
export const startPaymentInput = (providers: readonly [string, ...string[]]) =>
  z.strictObject({
    provider: z.enum(providers),
    account: text.default('default'),
    returnUrl: webUrl,
    customer: customer.nullish().transform((given) => ({ email: given?.email ?? null })),
  });

const refund = z.strictObject({
  amountMinor: amount.min(1).nullish(),
  reason: z
    .string()
    .min(1)
    .max(500)
    .refine(storable, 'must not hold control characters or half of a character')
    .nullish(),
});

/** Without an amount, or without a body: all that is left. */
export const refundInput = refund.nullish().transform((given) => given ?? {});

/** Why somebody did something, as the audit keeps it. */
const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine(storable, 'must not hold control characters or half of a character');

export const resolveReviewInput = z.strictObject({
  resolution: z.enum(RESOLUTIONS),
  reason,
  /** Of a refund: which payment and how much, unless it is what is at stake. */
  paymentId: z
    .uuid()
    .nullish()
    .transform((given) => given ?? null),
  amountMinor: amount
    .min(1)
    .nullish()
    .transform((given) => given ?? null),
});

/** A body that says nothing: absent, null or an empty object. */
export const nothing = z.strictObject({}).nullish();

export const orderParams = z.object({ reference: text });
export const paymentParams = z.object({ id: z.uuid() });
export const reviewParams = paymentParams;
