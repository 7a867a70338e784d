import { newId } from '../new-id.js';
import type { Tx } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import {
  asking,
  writing,
  type Operation,
  type Outcome,
  type Run,
} from '../idempotency/operation.js';
import { lockPayments } from '../payments/lock.queries.js';
import { lockOrders } from '../payments/order.queries.js';
import { showPayment, showRefund } from '../payments/show.queries.js';
import { referenceOf } from '../providers/own-reference.js';
import type { RefundedPayment } from '../providers/provider-api.js';
import { readInput } from '../read-input.js';
import { askProvider, unknownOutcome, type ProviderAnswer } from './ask-provider.js';
import { askLater, findSubject, type PaymentSubject } from './checkout.queries.js';
import { apiOf, type CheckoutContext } from './context.js';
import { paymentParams, refundInput } from './inputs.js';
import { leftToRefund } from './left-to-refund.js';
import { observePayment } from './observe-payment.js';
import { acceptRefund, findRefund, insertRefund, markRefund } from './refund.queries.js';

/**
 * Gives money back: the row first, which counts against what may be refunded from then on, then the
 * provider, under a key derived from the row.
 */
export function refundPaymentOperation(context: CheckoutContext): Operation {
  return {
    name: 'refund_payment',
    first: 'started',
    phases: {
      started: writing((tx, run) => createRefund(context, tx, run)),
      refund_created: asking(
        (run) => refund(context, run),
        (tx, run, answer) => recordAnswer(tx, run, answer),
      ),
    },
  };
}

async function createRefund(context: CheckoutContext, tx: Tx, run: Run): Promise<Outcome> {
  const { amountMinor: wanted, reason } = readInput(refundInput, run.body);
  const subject = await findSubject(tx, paymentIdIn(run));
  if (!subject) throw new TollgateError('not_found', 'there is no payment with this id');
  apiOf(context, subject);
  // As everywhere: orders before payments.
  if (subject.orderReference !== null) await lockOrders(tx, [subject.orderReference]);
  const [payment] = await lockPayments(tx, [], [subject.id]);
  if (!payment) throw new TollgateError('not_found', 'there is no payment with this id');

  const leftMinor = await leftToRefund(tx, payment);
  const amountMinor = wanted === null || wanted === undefined ? leftMinor : BigInt(wanted);
  if (amountMinor <= 0n || amountMinor > leftMinor || payment.currency === null) {
    throw new TollgateError(
      'refund_exceeds_captured',
      `at most ${leftMinor} of ${payment.amountCapturedMinor} captured minor units can be ` +
        'refunded: the others are refunded, or were asked for',
    );
  }
  const id = newId();
  await insertRefund(tx, {
    id,
    paymentId: payment.id,
    amountMinor,
    currency: payment.currency,
    reason: reason ?? null,
    requestedBy: run.caller,
  });
  await askLater(tx, payment.id); // should the answer and its webhook get lost
  return { next: 'refund_created', state: { refundId: id } };
}

async function refund(
  context: CheckoutContext,
  run: Run,
): Promise<ProviderAnswer<RefundedPayment>> {
  const subject = await subjectOf(context, run);
  const order = await findRefund(context.pool, refundIdOf(run));
  const reference = referenceOf(order.id);
  const answer = await askProvider(context.pool, { what: 'refunds', ...order }, (noting) =>
    apiOf(context, subject).refundPayment({
      ...subject,
      ...order,
      ...noting,
      reference,
      idempotencyKey: reference,
    }),
  );
  // What it made of the payment is told by webhooks too, so it is no failure not to see it now.
  if ('accepted' in answer) await observePayment(context, subject, 'poll').catch(() => undefined);
  return answer;
}

async function recordAnswer(
  tx: Tx,
  run: Run,
  answer: ProviderAnswer<RefundedPayment>,
): Promise<Outcome> {
  const refundId = refundIdOf(run);
  const paymentId = paymentIdIn(run);
  if ('refused' in answer) {
    await markRefund(tx, refundId, 'refused');
    return { refused: answer.refused };
  }
  if ('unknown' in answer) {
    await markRefund(tx, refundId, 'unknown');
    await askLater(tx, paymentId);
    const refund = await showRefund(tx, refundId);
    return unknownOutcome(answer.unknown, { refund });
  }
  const { providerRefundId } = answer.accepted;
  await acceptRefund(tx, { id: refundId, paymentId }, providerRefundId);
  const refund = await showRefund(tx, refundId);
  const payment = await showPayment(tx, paymentId);
  return { response: { status: 201, body: { ...refund, payment } } };
}

async function subjectOf(context: CheckoutContext, run: Run): Promise<PaymentSubject> {
  const subject = await findSubject(context.pool, paymentIdIn(run));
  if (!subject) throw new Error('the payment of this request is not there');
  return subject;
}

function paymentIdIn({ params }: Run): string {
  return readInput(paymentParams, params).id;
}

function refundIdOf({ state }: Run): string {
  return String(state['refundId']);
}
