import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Dash, Money } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { orderPath, paymentPath, reviewPath } from '../paths.js';
import type { ReadList } from '../read-list.js';
import { REASONS, REVIEW_AGES, STATUSES, type Review } from './review-words.js';

const PATH = '/console/reviews';

export function ReviewList({
  list: { page, problem },
  filters,
}: {
  readonly list: ReadList<Review>;
  readonly filters: Readonly<Record<string, string>>;
}) {
  return (
    <>
      <FilterForm
        path={PATH}
        filters={filters}
        fields={[
          { name: 'status', label: 'Status', options: STATUSES },
          { name: 'reason', label: 'Reason', options: Object.keys(REASONS) },
          { name: 'age', label: 'Open for', options: REVIEW_AGES },
          { name: 'order', label: 'Order', placeholder: 'reference, complete' },
        ]}
      />
      <Results>
        <FilterProblem problem={problem} />
        {problem === null && (
          <>
            <Table
              caption="Reviews, newest first"
              columns={COLUMNS}
              rows={page.data}
              empty={<NoReviews filters={filters} />}
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}

const COLUMNS: readonly Column<Review>[] = [
  {
    title: 'Review',
    cell: ({ id, reason }) => <a href={reviewPath(id)}>{reason.replaceAll('_', ' ')}</a>,
  },
  {
    title: 'Status',
    cell: (review) => (
      <>
        <Badge status={review.status} />
        <span class="sub">{standingOf(review)}</span>
      </>
    ),
  },
  {
    title: 'At stake',
    isNumber: true,
    cell: ({ amountMinor, currency }) => <Money amountMinor={amountMinor} currency={currency} />,
  },
  {
    title: 'Order',
    isLong: true,
    cell: ({ orderReference, paymentId }) => {
      if (orderReference !== null) return <a href={orderPath(orderReference)}>{orderReference}</a>;
      return paymentId === null ? <Dash /> : <a href={paymentPath(paymentId)}>payment</a>;
    },
  },
  { title: 'Opened', cell: ({ openedAt }) => <Time at={openedAt} isBrief /> },
];

/** Who looks at it, what was proposed, or what was decided. */
function standingOf({ isRefunding, proposal, claimedBy, resolution, resolvedBy }: Review) {
  if (isRefunding) return 'the refund is being made';
  if (proposal !== null) return `${proposal.by} proposed: ${proposal.resolution}`;
  if (claimedBy !== null) return `${claimedBy} looks at it`;
  return resolution === null ? null : `${resolution} by ${resolvedBy ?? 'somebody'}`;
}

function NoReviews({ filters }: { readonly filters: Readonly<Record<string, string>> }) {
  const { status, ...others } = filters;
  if (status === 'open' && Object.keys(others).length === 0) {
    return (
      <EmptyState title="No open reviews: good">
        No order is held. One opens when money contradicts what is owed: an order paid twice, say,
        or a payment after a cancellation.{' '}
        <a href={`${PATH}?status=resolved`}>Those decided before</a>
      </EmptyState>
    );
  }
  return <EmptyState title="No review matches">Clear the filter, or make it wider.</EmptyState>;
}
