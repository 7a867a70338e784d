import type Stripe from 'stripe';
import { PAYMENT_REFERENCE_KEY } from '../own-reference.js';
import type { PaymentStart, StartedPayment } from '../provider-api.js';
import type { StripeClient } from './stripe.client.js';
import { makeOnce } from './stripe.once.js';
import { readPages } from './stripe.pages.js';

/** How far Stripe's clock and ours may be apart. */
const CLOCK_SKEW_SECONDS = 120;

/** For so long a request may take until it acts. */
const ACTING_SECONDS_MAX = 600;

/** How many pages of the account's payments are searched for one that we may have made. */
const PAGES_MAX = 50;

/** What starting a payment needs besides the payment. */
export interface StripeStartContext {
  readonly client: StripeClient;
  /** Key of the metadata that holds our order reference. */
  readonly orderReferenceKey: string;
  readonly settleMs: number;
}

/**
 * Makes a PaymentIntent for the client's page to confirm, once for each idempotency key.
 * @throws as {@link ProviderApi} says
 * @see https://docs.stripe.com/api/payment_intents/create
 */
export async function startStripePayment(
  context: StripeStartContext,
  start: PaymentStart,
): Promise<StartedPayment> {
  const { client, settleMs } = context;
  const params = toParams(start, context.orderReferenceKey);
  const intent = await makeOnce<Stripe.PaymentIntent>({
    idempotencyKey: start.idempotencyKey,
    asked: start.asked,
    settleMs,
    post: (idempotencyKey) =>
      client.write(
        start.account,
        (stripe) => stripe.paymentIntents.create(params, { idempotencyKey }),
        start.noteAsked,
      ),
    find: () => findStarted(client, start),
  });
  return toStarted(intent);
}

/**
 * Looks for the PaymentIntent that an earlier request made; null when there is none.
 * @throws as {@link ProviderApi} says
 */
export async function findStripePayment(
  client: StripeClient,
  start: Omit<PaymentStart, 'noteAsked'>,
): Promise<StartedPayment | null> {
  const intent = await findStarted(client, start);
  return intent === null ? null : toStarted(intent);
}

function toStarted({ id, client_secret: clientSecret }: Stripe.PaymentIntent): StartedPayment {
  return { providerPaymentId: id, clientSecret, authorizationUrl: null };
}

function toParams(
  start: PaymentStart,
  orderReferenceKey: string,
): Stripe.PaymentIntentCreateParams {
  return {
    amount: Number(start.amountMinor),
    currency: start.currency.toLowerCase(),
    automatic_payment_methods: { enabled: true },
    metadata: {
      [orderReferenceKey]: start.orderReference,
      [PAYMENT_REFERENCE_KEY]: start.reference,
    },
    ...(start.customer.email === null ? {} : { receipt_email: start.customer.email }),
  };
}

/**
 * Looks for the intent among those made since it was first asked for. Whatever became of it: one
 * that was cancelled was made all the same, and making a second would be the fault to avoid.
 */
async function findStarted(
  client: StripeClient,
  { account, reference, asked }: Omit<PaymentStart, 'noteAsked'>,
): Promise<Stripe.PaymentIntent | null> {
  const now = Date.now();
  const created = {
    gte: Math.floor((asked?.firstAtMs ?? now) / 1000) - CLOCK_SKEW_SECONDS,
    lte: Math.floor((asked?.lastAtMs ?? now) / 1000) + ACTING_SECONDS_MAX + CLOCK_SKEW_SECONDS,
  };
  const pages = readPages<Stripe.PaymentIntent>(client, {
    account,
    access: 'write',
    pagesMax: PAGES_MAX,
    list: (stripe, page) => stripe.paymentIntents.list({ created, ...page }),
  });
  for await (const { data } of pages) {
    const found = data.find(({ metadata }) => metadata[PAYMENT_REFERENCE_KEY] === reference);
    if (found !== undefined) return found;
  }
  return null;
}
