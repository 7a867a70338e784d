import type { showOrder } from '../../ops/orders/show-order.js';
import { Badge } from '../components/badge.js';
import { Money } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { reviewPath } from '../paths.js';

type ReviewRow = Awaited<ReturnType<typeof showOrder>>['reviews'][number];

/** The reviews of something, on its page. */
export function ReviewTable({
  reviews,
  currency,
}: {
  readonly reviews: readonly ReviewRow[];
  /** Of what they are about. */
  readonly currency: string | null;
}) {
  const columns: readonly Column<ReviewRow>[] = [
    {
      title: 'Review',
      cell: ({ id, reason }) => <a href={reviewPath(id)}>{reason.replaceAll('_', ' ')}</a>,
    },
    {
      title: 'Status',
      cell: ({ status, resolution, resolvedBy }) => (
        <>
          <Badge status={status} />
          {resolution !== null && (
            <span class="sub">
              {resolution} by {resolvedBy}
            </span>
          )}
        </>
      ),
    },
    {
      title: 'At stake',
      isNumber: true,
      cell: ({ amountMinor }) => <Money amountMinor={amountMinor} currency={currency} />,
    },
    { title: 'Opened', cell: ({ openedAt }) => <Time at={openedAt} /> },
    { title: 'Closed', cell: ({ closedAt }) => <Time at={closedAt} /> },
  ];
  return <Table caption="Reviews" columns={columns} rows={reviews} empty={null} />;
}
