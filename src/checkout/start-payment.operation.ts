import { newId } from '../new-id.js';
import type { Queryable, Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import {
  asking,
  writing,
  type Operation,
  type Outcome,
  type Run,
} from '../idempotency/operation.js';
import { lockOrders } from '../payments/order.queries.js';
import type { OrderRow } from '../payments/ring-state.js';
import { showPayment } from '../payments/show.queries.js';
import { referenceOf } from '../providers/own-reference.js';
import type { StartedPayment } from '../providers/provider-api.js';
import { readInput } from '../read-input.js';
import { askProvider, unknownOutcome, type ProviderAnswer } from './ask-provider.js';
import { bindStart, recordStart, refuseStart } from './bind-start.js';
import { cancelPayment } from './cancel-payment.js';
import {
  findStart,
  findSubject,
  insertStart,
  insertStartedPayment,
  markStart,
  markUnknownOutcome,
  type StartedRow,
} from './checkout.queries.js';
import { apiOf, type CheckoutContext } from './context.js';
import { orderParams, startPaymentInput } from './inputs.js';
import { findOpenPayment, isAddressLost, paymentInProgress } from './open-payment.js';

/**
 * Starts a payment of an order: the row first, then the provider, under a key derived from the row.
 * Whatever is lost on the way, the same key finds the same payment, here and there.
 */
export function startPaymentOperation(context: CheckoutContext): Operation {
  return {
    name: 'start_payment',
    first: 'started',
    phases: {
      started: writing((tx, run) => createPayment(context, tx, run)),
      payment_created: asking(
        (run) => requestPayment(context, run),
        (tx, run, answer) => recordAnswer(tx, run, answer),
      ),
      order_cancelled: asking(
        (run) => withdraw(context, run),
        () => Promise.resolve({ refused: orderCancelled() }),
      ),
    },
  };
}

async function createPayment(context: CheckoutContext, tx: Tx, run: Run): Promise<Outcome> {
  const { reference: orderReference } = readInput(orderParams, run.params);
  const providers = [...context.providers.keys()] as [string, ...string[]];
  const { provider, account, returnUrl, customer } = readInput(
    startPaymentInput(providers),
    run.body,
  );
  if (context.providers.get(provider)?.hasAccount(account) !== true) {
    throw new TollgateError('bad_request', `account: ${provider} has no account of this name`);
  }
  const api = apiOf(context, { provider, account });
  if (api.needsEmail && customer.email === null) {
    throw new TollgateError('bad_request', `customer.email: ${provider} needs it`);
  }
  const [order] = await lockOrders(tx, [orderReference]);
  const amountMinor = amountToPay(order);
  const currency = order?.currency ?? '';
  const open = await findOpenPayment(context, tx, orderReference);
  if (open && isAddressLost(open, { provider, account, amountMinor })) {
    return { next: 'payment_created', state: { paymentId: open.id } };
  }
  if (open) throw await paymentInProgress(tx, open);

  const id = newId();
  const reference = referenceOf(id);
  const livemode = api.livemodeOf(account) ?? false;
  const start = { provider, account, reference, orderReference, amountMinor, currency };
  await insertStartedPayment(tx, { id, provider, account, providerPaymentId: reference, livemode });
  await recordStart(tx, start);
  await insertStart(tx, { ...start, paymentId: id, returnUrl, customer });
  return { next: 'payment_created', state: { paymentId: id } };
}

/** @throws TollgateError when nothing may be paid on this order */
function amountToPay(order: OrderRow | undefined): bigint {
  if (!order || order.amountDueMinor === null) {
    throw new TollgateError('not_found', 'no order with this reference was created');
  }
  if (order.isCancelled || order.isCancelRequested) throw orderCancelled();
  if (order.status === 'in_review') {
    throw new TollgateError('order_in_review', 'a person has to decide about this order first');
  }
  const keptMinor = order.amountPaidMinor - order.amountRefundedMinor;
  const leftMinor = order.amountDueMinor - keptMinor;
  const isOpen = order.status === 'open' || order.status === 'partially_paid';
  if (isOpen && leftMinor > 0n) return leftMinor;
  throw new TollgateError('order_paid', `nothing is left to pay: the order is ${order.status}`);
}

async function requestPayment(
  context: CheckoutContext,
  run: Run,
): Promise<ProviderAnswer<StartedPayment>> {
  const start = await startOf(context, run);
  const asking = { ...start, what: 'payment_starts', id: start.paymentId } as const;
  return askProvider(context.pool, asking, (noting) =>
    apiOf(context, start).startPayment({ ...start, ...noting }),
  );
}

async function recordAnswer(
  tx: Tx,
  run: Run,
  answer: ProviderAnswer<StartedPayment>,
): Promise<Outcome> {
  const start = await startOf({ pool: tx }, run);
  const { paymentId } = start;
  const [order] = await lockOrders(tx, [start.orderReference]);
  if ('refused' in answer) {
    await refuseStart(tx, paymentId, start);
    return { refused: answer.refused };
  }
  if ('unknown' in answer) {
    await markUnknownOutcome(tx, paymentId);
    await markStart(tx, paymentId, { outcome: 'unknown' });
    const payment = await showPayment(tx, paymentId);
    return unknownOutcome(answer.unknown, { payment });
  }
  await bindStart(tx, paymentId, start, answer.accepted);
  // Called off while the provider was asked: nobody gets the address, and it is withdrawn.
  if (order?.isCancelRequested) return { next: 'order_cancelled', state: { paymentId } };
  const { clientSecret, authorizationUrl } = answer.accepted;
  const { returnUrl } = start;
  const payment = await showPayment(tx, paymentId);
  const headers = { location: `/v1/payments/${paymentId}` };
  return {
    response: {
      status: 201,
      headers,
      body: { ...payment, clientSecret, authorizationUrl, returnUrl },
    },
  };
}

async function withdraw(context: CheckoutContext, run: Run): Promise<void> {
  const subject = await findSubject(context.pool, paymentIdOf(run));
  if (!subject) throw new Error('the payment of this request is not there');
  await cancelPayment(context, subject);
}

async function startOf({ pool }: { readonly pool: Queryable }, run: Run): Promise<StartedRow> {
  const start = await findStart(pool, paymentIdOf(run));
  if (!start) throw new Error('the payment of this request was not written');
  return start;
}

function paymentIdOf({ state }: Run): string {
  return String(state['paymentId']);
}

function orderCancelled(): TollgateError {
  return new TollgateError('order_cancelled', 'the order was cancelled');
}
