import type { Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import {
  asking,
  writing,
  type Operation,
  type Outcome,
  type Run,
} from '../idempotency/operation.js';
import { cancelOrder } from '../payments/cancel-order.js';
import { lockOrders, requestOrderCancel } from '../payments/order.queries.js';
import { showOrder } from '../payments/show.queries.js';
import { readInput } from '../read-input.js';
import { cancelPayment } from './cancel-payment.js';
import { findOrderPayments } from './checkout.queries.js';
import type { CheckoutContext } from './context.js';
import { nothing, orderParams } from './inputs.js';
import { mayStillSucceed } from './open-payment.js';

/**
 * Calls an order off: from the first phase on no payment is started, then what is open is cancelled
 * at its providers, then the order is cancelled. A payment that succeeds all the same brings the
 * order before a person.
 */
export function cancelOrderOperation(context: CheckoutContext): Operation {
  return {
    name: 'cancel_order',
    first: 'started',
    phases: {
      started: writing(requestCancel),
      cancel_requested: asking(
        (run) => cancelOpenPayments(context, run),
        async (tx, run) => {
          const reference = referenceIn(run);
          const [order] = await lockOrders(tx, [reference]);
          if (!order) throw new Error('the order of this request is not there');
          await cancelOrder(tx, order);
          return { response: { status: 200, body: await showOrder(tx, reference) } };
        },
      ),
    },
  };
}

async function requestCancel(tx: Tx, run: Run): Promise<Outcome> {
  readInput(nothing, run.body);
  const reference = referenceIn(run);
  const [order] = await lockOrders(tx, [reference]);
  if (!order || order.amountDueMinor === null) {
    throw new TollgateError('not_found', 'no order with this reference was created');
  }
  if (order.amountPaidMinor > 0n && !order.isCancelled) {
    throw new TollgateError('order_paid', 'money was paid on this order: refund its payments');
  }
  await requestOrderCancel(tx, order.id);
  return { next: 'cancel_requested', state: {} };
}

async function cancelOpenPayments(context: CheckoutContext, run: Run): Promise<void> {
  const payments = await findOrderPayments(context.pool, referenceIn(run));
  const orderReference = referenceIn(run);
  for (const payment of payments.filter((one) => mayStillSucceed(context, one))) {
    await cancelPayment(context, { ...payment, orderReference });
  }
}

function referenceIn({ params }: Run): string {
  return readInput(orderParams, params).reference;
}
