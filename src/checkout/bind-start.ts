import type { Tx } from '../database/transaction.js';
import { applyFacts } from '../payments/apply-facts.js';
import { lockOrders } from '../payments/order.queries.js';
import type { PaymentFact } from '../payments/payment-fact.js';
import type { EventFacts } from '../payments/ring-state.js';
import type { StartedPayment } from '../providers/provider-api.js';
import { clearUnknownOutcome, findSubject, markStart, type NewStart } from './checkout.queries.js';

/** A payment that we asked for, as far as its facts tell. */
export interface OwnStart extends Pick<NewStart, 'reference' | 'amountMinor' | 'currency'> {
  readonly provider: string;
  readonly account: string;
  readonly orderReference: string;
}

const COMMAND = 'start_payment';
/** Key of the facts that our own command tells. */
const OWN_KEY = 'tollgate';

/** The payment is asked for, and the customer has to do something. */
export async function recordStart(tx: Tx, start: OwnStart): Promise<void> {
  const { reference } = start;
  await applyFacts(tx, [ownFacts(start, reference, null, [requested(start), fact('pending')])]);
}

/**
 * Takes over what the provider calls the payment. Whether the answer or an event tells it first makes
 * no difference: both go through the same adoption.
 */
export async function bindStart(
  tx: Tx,
  paymentId: string,
  start: OwnStart,
  { providerPaymentId, clientSecret, authorizationUrl }: StartedPayment,
): Promise<void> {
  const facts = [requested(start), fact('pending')];
  await applyFacts(tx, [ownFacts(start, providerPaymentId, start.reference, facts)]);
  await markStart(tx, paymentId, { outcome: 'accepted', clientSecret, authorizationUrl });
}

/**
 * The provider does not have the payment and never will: nothing can be paid. Unless somebody has
 * told its id meanwhile, who must know better.
 */
export async function refuseStart(tx: Tx, paymentId: string, start: OwnStart): Promise<void> {
  await lockOrders(tx, [start.orderReference]);
  const subject = await findSubject(tx, paymentId);
  if (!subject?.isProvisional) return;
  await applyFacts(tx, [ownFacts(start, start.reference, null, [fact('failed')])]);
  await markStart(tx, paymentId, { outcome: 'refused' });
  await clearUnknownOutcome(tx, paymentId);
}

function ownFacts(
  { provider, account }: OwnStart,
  providerPaymentId: string,
  startedAs: string | null,
  facts: readonly PaymentFact[],
): EventFacts {
  return {
    inboxId: null,
    command: COMMAND,
    provider,
    account,
    facts: { providerPaymentId, startedAs, partIds: [], livemode: null, facts },
  };
}

function requested({ amountMinor, currency, orderReference }: OwnStart): PaymentFact {
  return { ...fact('requested'), amountMinor, currency, reference: orderReference };
}

/** Without a time: whatever the provider tells is newer. */
function fact(kind: PaymentFact['kind']): PaymentFact {
  return {
    kind,
    key: OWN_KEY,
    amountMinor: null,
    currency: null,
    occurredAtMs: null,
    state: null,
    reference: null,
  };
}
