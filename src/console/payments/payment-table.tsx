import type { ComponentChildren } from 'preact';
import type { PaymentView } from '../../ops/payments/list-payments.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Dash, Money } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { orderPath, paymentPath } from '../paths.js';

/** Payments under each other, with their money. */
export function PaymentTable({
  payments,
  caption,
  isOfOrder = true,
  empty = (
    <EmptyState title="No payments yet">
      It fills as soon as one is started, or an event names this order.
    </EmptyState>
  ),
}: {
  readonly payments: readonly PaymentView[];
  readonly caption: string;
  /** They stand where their order is plain. */
  readonly isOfOrder?: boolean;
  readonly empty?: ComponentChildren;
}) {
  return (
    <Table
      caption={caption}
      columns={isOfOrder ? COLUMNS : [...COLUMNS, ORDER, CHANGED]}
      rows={payments}
      empty={empty}
    />
  );
}

const COLUMNS: readonly Column<PaymentView>[] = [
  {
    title: 'Payment',
    isLong: true,
    cell: ({ id, providerPaymentId, provider, account, livemode }) => (
      <>
        <a class="mono" href={paymentPath(id)}>
          {providerPaymentId ?? id}
        </a>
        <span class="sub">
          {provider}
          {account !== 'default' && ` ${account}`}
          {!livemode && ', test mode'}
        </span>
      </>
    ),
  },
  {
    title: 'Status',
    cell: ({ status, unknownOutcome }) => (
      <>
        <Badge status={status} />
        {unknownOutcome && <span class="sub">outcome unknown</span>}
      </>
    ),
  },
  {
    title: 'Captured',
    isNumber: true,
    cell: ({ amountCapturedMinor, currency }) => (
      <Money amountMinor={amountCapturedMinor} currency={currency} />
    ),
  },
  {
    title: 'Refunded',
    isNumber: true,
    cell: ({ amountRefundedMinor, currency }) => (
      <Money amountMinor={amountRefundedMinor} currency={currency} />
    ),
  },
];

const ORDER: Column<PaymentView> = {
  title: 'Order',
  isLong: true,
  cell: ({ orderReference }) =>
    orderReference === null ? <Dash /> : <a href={orderPath(orderReference)}>{orderReference}</a>,
};

const CHANGED: Column<PaymentView> = {
  title: 'Changed',
  cell: ({ updatedAt }) => <Time at={updatedAt} isBrief />,
};
