import type { OrderView, PaymentView } from '../api-views.js';
import type { Block, TableBlock } from '../render.js';
import { showTime } from '../time.js';
import { styleOf } from './outcome-style.js';

export function paymentTable(payments: readonly PaymentView[]): TableBlock {
  return {
    head: ['id', 'created', 'provider', 'order', 'status', 'captured', 'refunded', ''],
    rows: payments.map((payment) => [
      payment.id,
      showTime(payment.createdAt),
      payment.account === 'default' ? payment.provider : `${payment.provider}/${payment.account}`,
      payment.orderReference ?? '-',
      { text: payment.status, style: styleOf(payment.status) },
      showAmount(payment.amountCapturedMinor, payment.currency),
      showAmount(payment.amountRefundedMinor, payment.currency),
      remarksOn(payment),
    ]),
  };
}

export function paymentBlocks(payment: PaymentView): Block[] {
  const { id, status, amountMinor, currency, amountCapturedMinor, amountRefundedMinor } = payment;
  return [
    [{ text: `payment ${id}`, style: 'title' }, '  ', { text: status, style: styleOf(status) }],
    `  ${payment.provider}/${payment.account} ${payment.providerPaymentId ?? '(not told yet)'}`,
    `  order ${payment.orderReference ?? '-'}, created ${showTime(payment.createdAt)}`,
    `  amount ${showAmount(amountMinor, currency)}, captured ` +
      `${showAmount(amountCapturedMinor, currency)}, refunded ` +
      showAmount(amountRefundedMinor, currency),
    ...(remarksOn(payment) === '' ? [] : [`  ${remarksOn(payment)}`]),
  ];
}

export function orderBlocks(order: OrderView): Block[] {
  const { reference, status, currency, reviews, payments } = order;
  return [
    [
      { text: `order ${reference}`, style: 'title' },
      '  ',
      { text: status, style: styleOf(status) },
    ],
    `  due ${showAmount(order.amountDueMinor, currency)}, paid ` +
      `${showAmount(order.amountPaidMinor, currency)}, refunded ` +
      showAmount(order.amountRefundedMinor, currency),
    ...reviews.map(({ reason, status: state }) => `  review ${reason} (${state})`),
    ...(payments.length > 0 ? [paymentTable(payments)] : []),
  ];
}

/** In the smallest unit of the currency, as everywhere in Tollgate. */
export function showAmount(amountMinor: number | null, currency: string | null): string {
  return amountMinor === null ? '-' : `${amountMinor} ${currency ?? ''}`.trimEnd();
}

function remarksOn({ unknownOutcome, livemode }: PaymentView): string {
  const remarks = [
    ...(unknownOutcome ? ['outcome unknown'] : []),
    ...(livemode === false ? ['test'] : []),
  ];
  return remarks.join(', ');
}
