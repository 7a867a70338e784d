import { TollgateError } from '../../errors.js';
import { isUsableIdentifier } from '../identifier.js';
import { PAYMENT_REFERENCE_KEY } from '../own-reference.js';
import { asObject } from '../payload.js';
import type { PaymentStart, StartedPayment } from '../provider-api.js';
import { ProviderRefusal, unanswered } from '../provider-errors.js';
import type { JsonObject } from '../provider.js';
import type { PaystackClient } from './paystack.client.js';
import { DUPLICATE_REFERENCE, TRANSACTION_NOT_FOUND } from './paystack.errors.js';
import { verifyTransaction } from './paystack.transaction.js';

/** How many transactions may be made for one payment, each but the last never used by anybody. */
const GENERATIONS_MAX = 5;

/** The status of a transaction that nobody has tried to pay. */
const ABANDONED = 'abandoned';

/**
 * Makes a transaction and the page on which it is paid. Paystack has no idempotency keys: the
 * reference, which it takes once, serves as one.
 *
 * When a transaction of this reference is there already, an earlier request made it, and the
 * address of its page was lost with the answer: no other request tells it again. As long as it is
 * `abandoned`, nobody has used that page, and nobody has its address; then another is made under
 * `<reference>-2`. Whatever has been used is the payment, and is returned without an address.
 * All this holds as long as one payment is started by one caller at a time.
 * @param orderReferenceKey key of the metadata that holds our order reference
 * @throws as {@link ProviderApi} says
 * @see https://paystack.com/docs/api/transaction/#initialize
 */
export async function startPaystackPayment(
  client: PaystackClient,
  orderReferenceKey: string,
  start: PaymentStart,
): Promise<StartedPayment> {
  for (const reference of referencesOf(start)) {
    const made = await initializeUnlessTaken(client, start, reference, orderReferenceKey);
    if (made !== null) return made;
    const status = await findStatus(client, start.account, reference);
    if (status === null) {
      const message = 'paystack has a transaction of this reference and does not show it yet';
      throw new TollgateError('provider_outcome_unknown', message);
    }
    if (status !== ABANDONED) return withoutAddress(reference);
  }
  const message = `paystack has ${GENERATIONS_MAX} unused transactions of this payment`;
  throw new ProviderRefusal(message, DUPLICATE_REFERENCE);
}

/**
 * Looks for the transaction that an earlier request made: the last one, since only of that one
 * somebody may have the address. Null when there is none.
 * @throws as {@link ProviderApi} says
 */
export async function findPaystackPayment(
  client: PaystackClient,
  start: Omit<PaymentStart, 'noteAsked'>,
): Promise<StartedPayment | null> {
  let found: StartedPayment | null = null;
  for (const reference of referencesOf(start)) {
    const status = await findStatus(client, start.account, reference);
    if (status === null) return found;
    found = withoutAddress(reference);
    if (status !== ABANDONED) return found;
  }
  return found;
}

function referencesOf({ reference }: Pick<PaymentStart, 'reference'>): string[] {
  return Array.from({ length: GENERATIONS_MAX }, (_, index) =>
    index === 0 ? reference : `${reference}-${index + 1}`,
  );
}

/** Null when there is a transaction of this reference already. */
async function initializeUnlessTaken(
  client: PaystackClient,
  start: PaymentStart,
  reference: string,
  orderReferenceKey: string,
): Promise<StartedPayment | null> {
  const body = toBody(start, reference, orderReferenceKey);
  try {
    const { account } = start;
    const { data } = await client.post(
      { account, path: '/transaction/initialize' },
      body,
      start.noteAsked,
    );
    const authorizationUrl = asObject(data)?.['authorization_url'];
    if (typeof authorizationUrl !== 'string') {
      throw unanswered('write', 'paystack made a transaction and told no address for it');
    }
    return { providerPaymentId: reference, clientSecret: null, authorizationUrl };
  } catch (error) {
    if (error instanceof ProviderRefusal && error.reason === DUPLICATE_REFERENCE) return null;
    throw error;
  }
}

function toBody(start: PaymentStart, reference: string, orderReferenceKey: string): JsonObject {
  const { email } = start.customer;
  if (email === null) {
    throw new ProviderRefusal("paystack needs the customer's e-mail address", 'email_missing');
  }
  return {
    email,
    amount: start.amountMinor.toString(),
    currency: start.currency,
    reference,
    ...(start.returnUrl === null ? {} : { callback_url: start.returnUrl }),
    metadata: {
      [orderReferenceKey]: start.orderReference,
      // The name of the payment, whichever transaction it came to.
      [PAYMENT_REFERENCE_KEY]: start.reference,
    },
  };
}

/** The status of a transaction; null when there is none of this reference. */
async function findStatus(
  client: PaystackClient,
  account: string,
  reference: string,
): Promise<string | null> {
  try {
    const { data } = await verifyTransaction(client, { account, providerPaymentId: reference });
    return isUsableIdentifier(data['status']) ? data['status'] : '';
  } catch (error) {
    if (!(error instanceof ProviderRefusal)) throw error;
    if (error.reason === TRANSACTION_NOT_FOUND) return null;
    // Not being shown what was made does not mean that nothing was.
    throw unanswered('write', 'paystack does not let us look for the transaction');
  }
}

function withoutAddress(reference: string): StartedPayment {
  return { providerPaymentId: reference, clientSecret: null, authorizationUrl: null };
}
