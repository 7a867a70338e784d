import type { OrderRow } from '../../ops/orders/list-orders.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results, type FilterField } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Money } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { orderPath, withQuery } from '../paths.js';
import type { ReadList } from '../read-list.js';

const PATH = '/console/orders';

type Filters = Readonly<Record<string, string>>;

export function OrderList({
  list: { page, problem },
  filters,
  fields,
}: {
  readonly list: ReadList<OrderRow>;
  readonly filters: Filters;
  readonly fields: readonly FilterField[];
}) {
  return (
    <>
      <FilterForm path={PATH} fields={fields} filters={filters} />
      <Results>
        <FilterProblem problem={problem} />
        {problem === null && (
          <>
            <Table
              caption="Orders, newest first"
              columns={COLUMNS}
              rows={page.data}
              empty={<NoOrders filters={filters} />}
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}

const COLUMNS: readonly Column<OrderRow>[] = [
  {
    title: 'Order',
    isLong: true,
    cell: ({ reference }) => <a href={orderPath(reference)}>{reference}</a>,
  },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  { title: 'Due', isNumber: true, cell: (order) => money(order, order.amountDueMinor) },
  { title: 'Paid', isNumber: true, cell: (order) => money(order, order.amountPaidMinor) },
  { title: 'Refunded', isNumber: true, cell: (order) => money(order, order.amountRefundedMinor) },
  { title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} isBrief /> },
];

function money({ currency }: OrderRow, amountMinor: number | null) {
  return <Money amountMinor={amountMinor} currency={currency} />;
}

/** People paste whatever number they were given: it may be one of something else. */
function NoOrders({ filters: { reference, ...others } }: { readonly filters: Filters }) {
  if (reference !== undefined) {
    return (
      <EmptyState title="No order has this reference">
        Is it another number? Look for it among the{' '}
        <a href={withQuery('/console/payments', { providerPaymentId: reference })}>payments</a>, the{' '}
        <a href={withQuery('/console/events', { eventId: reference })}>events</a> or the{' '}
        <a href={withQuery('/console/dead-letters', { text: reference })}>dead letters</a>.
      </EmptyState>
    );
  }
  if (Object.keys(others).length > 0) {
    return <EmptyState title="No order matches">Clear the filter.</EmptyState>;
  }
  return (
    <EmptyState title="No orders yet">
      An order appears when it is created with <code>POST /v1/orders</code>, or when an event names
      its reference in its metadata.
    </EmptyState>
  );
}
