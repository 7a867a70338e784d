import type { showPayment } from '../../ops/payments/show-payment.js';
import { Badge } from '../components/badge.js';
import { KeyValues } from '../components/key-values.js';
import { Dash, Money } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Tiles } from '../components/tiles.js';
import { Time } from '../components/time.js';
import { orderPath, paymentPath } from '../paths.js';
import { ReviewTable } from '../reviews/review-table.js';
import { Timeline } from '../timeline/timeline.js';
import { FactTable } from './fact-table.js';

type PaymentDetails = Awaited<ReturnType<typeof showPayment>>;

export function PaymentBody({
  payment,
  kind,
}: {
  readonly payment: PaymentDetails;
  /** The only kind of lines that the timeline shows; anything else: all. */
  readonly kind: string | undefined;
}) {
  const { id, currency, facts, reviews, refunds, timeline, unknownOutcome } = payment;
  return (
    <>
      {unknownOutcome && (
        <p class="notice problem">
          Nobody knows yet whether the provider has this payment. It is asked about by itself.
        </p>
      )}
      <PaymentMoney payment={payment} />
      <Panel title="Payment">
        <Head payment={payment} />
      </Panel>
      {reviews.length > 0 && (
        <Panel title="Reviews">
          <ReviewTable reviews={reviews} currency={currency} />
        </Panel>
      )}
      {refunds.length > 0 && (
        <Panel title="Refunds we asked for">
          <Table caption="Refunds, oldest first" columns={REFUNDS} rows={refunds} empty={null} />
        </Panel>
      )}
      <Panel title="Facts">
        <FactTable facts={facts} />
      </Panel>
      <Timeline entries={timeline} path={paymentPath(id)} kind={kind} currency={currency} />
    </>
  );
}

function PaymentMoney({ payment }: { readonly payment: PaymentDetails }) {
  const { currency, amountMinor, amountAuthorizedMinor } = payment;
  const { amountCapturedMinor, amountRefundedMinor } = payment;
  const money = (minor: number | null) => <Money amountMinor={minor} currency={currency} />;
  return (
    <Tiles
      entries={[
        ['To be paid', money(amountMinor)],
        ['Authorized', money(amountAuthorizedMinor)],
        ['Captured', money(amountCapturedMinor)],
        ['Refunded', money(amountRefundedMinor)],
        ['Kept', money(amountCapturedMinor - amountRefundedMinor)],
      ]}
    />
  );
}

function Head({ payment }: { readonly payment: PaymentDetails }) {
  const { id, provider, account, providerPaymentId, orderReference, livemode } = payment;
  const { createdAt, updatedAt, version } = payment;
  return (
    <KeyValues
      entries={[
        [
          'Order',
          orderReference === null ? (
            <Dash />
          ) : (
            <a href={orderPath(orderReference)}>{orderReference}</a>
          ),
        ],
        ['Provider', account === 'default' ? provider : `${provider}, account ${account}`],
        [
          'Id at the provider',
          providerPaymentId === null ? <Dash /> : <span class="mono">{providerPaymentId}</span>,
        ],
        ['Mode', livemode ? 'live' : <Badge status="test mode" />],
        ['First seen', <Time at={createdAt} />],
        ['Changed', <Time at={updatedAt} />],
        ['Version', version],
        ['Id here', <span class="mono">{id}</span>],
      ]}
    />
  );
}

const REFUNDS: readonly Column<PaymentDetails['refunds'][number]>[] = [
  {
    title: 'Refund',
    isLong: true,
    cell: ({ id, providerRefundId }) => <span class="mono">{providerRefundId ?? id}</span>,
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
    title: 'Amount',
    isNumber: true,
    cell: ({ amountMinor, currency }) => <Money amountMinor={amountMinor} currency={currency} />,
  },
  { title: 'Why', isLong: true, cell: ({ reason }) => reason ?? <Dash /> },
  { title: 'Asked', cell: ({ createdAt }) => <Time at={createdAt} /> },
];
