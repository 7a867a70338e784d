import type { showOrder } from '../../ops/orders/show-order.js';
import type { TimelineEntry } from '../../ops/timeline/timeline-entry.js';
import { Json } from '../components/json.js';
import { KeyValues } from '../components/key-values.js';
import { Dash, Money } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Tiles } from '../components/tiles.js';
import { Time } from '../components/time.js';
import { orderPath, reviewPath } from '../paths.js';
import { PaymentTable } from '../payments/payment-table.js';
import { ReviewTable } from '../reviews/review-table.js';
import { Timeline } from '../timeline/timeline.js';

type OrderDetails = Awaited<ReturnType<typeof showOrder>>;

export function OrderBody({
  order,
  timeline,
  kind,
}: {
  readonly order: OrderDetails;
  readonly timeline: readonly TimelineEntry[];
  /** The only kind of lines that the timeline shows; anything else: all. */
  readonly kind: string | undefined;
}) {
  const { reference, currency, payments, reviews, metadata } = order;
  return (
    <>
      <Hold order={order} />
      <OrderMoney order={order} />
      {reviews.length > 0 && (
        <Panel title="Reviews">
          <ReviewTable reviews={reviews} currency={currency} />
        </Panel>
      )}
      <Panel title="Payments">
        <PaymentTable payments={payments} caption="Payments of this order, oldest first" />
      </Panel>
      <Panel title="Order">
        <Head order={order} />
        {Object.keys(metadata).length > 0 && (
          <Json value={metadata} label="Metadata of the order" />
        )}
      </Panel>
      <Timeline entries={timeline} path={orderPath(reference)} kind={kind} currency={currency} />
    </>
  );
}

/** Why it does not follow its money, and where that can be changed. */
function Hold({ order: { status, reviews } }: { readonly order: OrderDetails }) {
  if (status !== 'in_review') return null;
  const [open] = reviews.filter((review) => review.status === 'open');
  return (
    <p class="notice problem">
      A review holds this order until a person decides.{' '}
      {open && (
        <a href={reviewPath(open.id)}>Look at the review: {open.reason.replaceAll('_', ' ')}</a>
      )}
    </p>
  );
}

function OrderMoney({ order }: { readonly order: OrderDetails }) {
  const { currency, amountDueMinor, amountPaidMinor, amountRefundedMinor } = order;
  const money = (minor: number | null) => <Money amountMinor={minor} currency={currency} />;
  const keptMinor = amountPaidMinor - amountRefundedMinor;
  return (
    <Tiles
      entries={[
        ['Due', money(amountDueMinor)],
        ['Paid', money(amountPaidMinor)],
        ['Refunded', money(amountRefundedMinor)],
        ['Kept', money(keptMinor)],
        ['Open', money(amountDueMinor === null ? null : Math.max(0, amountDueMinor - keptMinor))],
      ]}
    />
  );
}

function Head({ order }: { readonly order: OrderDetails }) {
  const { reference, cancelRequestedAt, cancelledAt, createdAt, updatedAt, version } = order;
  return (
    <KeyValues
      entries={[
        ['Reference', <span class="mono">{reference}</span>],
        ['First seen', <Time at={createdAt} />],
        ['Changed', <Time at={updatedAt} />],
        ['Cancel asked', cancelRequestedAt === null ? <Dash /> : <Time at={cancelRequestedAt} />],
        ['Cancelled', <Time at={cancelledAt} />],
        ['Version', version],
      ]}
    />
  );
}
