import { ActionForm } from '../components/action-form.js';
import { Badge } from '../components/badge.js';
import { KeyValues } from '../components/key-values.js';
import { Dash, Money } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { formatMinor } from '../format-money.js';
import { useMayAct, usePage } from '../page-context.js';
import { eventPath, orderPath, paymentPath, reviewPath } from '../paths.js';
import { PaymentTable } from '../payments/payment-table.js';
import { Decide } from './decide.js';
import type { PaymentOfReview, ReviewDetails } from './review-words.js';

/** How it stands, and who looks at it: beside the heading. */
export function ReviewActions({
  review: { id, status, claimedBy },
}: {
  readonly review: ReviewDetails;
}) {
  const mayAct = useMayAct();
  const me = usePage().caller?.name;
  const path = reviewPath(id);
  const isMine = claimedBy !== null && claimedBy === me;
  return (
    <>
      <Badge status={status} />
      {mayAct && status === 'open' && claimedBy === null && (
        <ActionForm action={`${path}/claim`} label="Claim" />
      )}
      {mayAct && isMine && <ActionForm action={`${path}/release`} label="Release" />}
      {mayAct && status === 'open' && claimedBy !== null && !isMine && (
        <ActionForm
          action={`${path}/claim`}
          label="Take over"
          hidden={{ takeOver: 'yes' }}
          confirm={`${claimedBy} looks at it, and will not be able to decide it any more.`}
        />
      )}
    </>
  );
}

export function ReviewBody({
  review,
  payments,
  meaning,
}: {
  readonly review: ReviewDetails;
  readonly payments: readonly PaymentOfReview[];
  /** What its reason means. */
  readonly meaning: string;
}) {
  const mayAct = useMayAct();
  return (
    <>
      <Panel title="What it is about">
        <p>{meaning}</p>
        <About review={review} />
      </Panel>
      <Standing review={review} payments={payments} />
      {mayAct && review.status === 'open' && <Decide review={review} payments={payments} />}
      <Panel title="Payments">
        <PaymentTable payments={payments} caption="Payments that it is about" />
      </Panel>
      {review.decisions.length > 0 && (
        <Panel title="Decisions so far">
          <Table
            caption="Decisions and proposals, oldest first"
            columns={decisionsOf(review.currency)}
            rows={review.decisions}
            empty={null}
          />
        </Panel>
      )}
    </>
  );
}

function About({ review }: { readonly review: ReviewDetails }) {
  const { orderReference, paymentId, amountMinor, currency, eventId, openedAt, closedAt } = review;
  return (
    <KeyValues
      entries={[
        ['At stake', <Money amountMinor={amountMinor} currency={currency} />],
        [
          'Order that it holds',
          orderReference === null ? (
            <Dash />
          ) : (
            <a href={orderPath(orderReference)}>{orderReference}</a>
          ),
        ],
        [
          'Payment',
          paymentId === null ? (
            'all of the order'
          ) : (
            <a href={paymentPath(paymentId)}>{paymentId}</a>
          ),
        ],
        [
          'Brought about by',
          eventId === null ? 'a command' : <a href={eventPath(eventId)}>event</a>,
        ],
        ['Opened', <Time at={openedAt} />],
        ['Closed', <Time at={closedAt} />],
      ]}
    />
  );
}

/** Who does what about it: shown before the buttons, so that two do not decide at once. */
function Standing({
  review,
  payments,
}: {
  readonly review: ReviewDetails;
  readonly payments: readonly PaymentOfReview[];
}) {
  const { status, claimedBy, claimedAt, proposal, isRefunding, needsSecondPerson } = review;
  if (status === 'resolved') return <Resolved review={review} />;
  if (status === 'withdrawn') {
    return (
      <Panel title="How it ended">
        <p>Later news took the contradiction back before a person decided. It holds nothing.</p>
      </Panel>
    );
  }
  if (claimedBy === null && proposal === null && !isRefunding && !needsSecondPerson) return null;
  return (
    <Panel title="How it stands">
      {isRefunding && (
        <p>
          <Badge status="running" /> The refund was decided and is being made.
        </p>
      )}
      {claimedBy !== null && (
        <p>
          <Badge status="claimed" /> {claimedBy} looks at it since <Time at={claimedAt} />
        </p>
      )}
      {proposal === null && needsSecondPerson && (
        <p>
          <Badge status="two persons" tone="warning" /> So much is at stake that a second person has
          to confirm what the first one decides.
        </p>
      )}
      {proposal !== null && (
        <>
          <p>
            <Badge status="proposed" tone="warning" /> {proposal.by} proposed to{' '}
            <strong>{proposal.resolution}</strong> at <Time at={proposal.at} />. Somebody else has
            to confirm it.
          </p>
          <p class="quote">{proposal.reason}</p>
          {proposal.refunds.map(({ paymentId, amountMinor }) => (
            <p key={paymentId}>
              It would give back{' '}
              <strong>{amountOf(amountMinor, paymentId, payments, review)}</strong> of{' '}
              <a href={paymentPath(paymentId)}>payment {paymentId}</a>.
            </p>
          ))}
        </>
      )}
    </Panel>
  );
}

function amountOf(
  amountMinor: number,
  paymentId: string,
  payments: readonly PaymentOfReview[],
  { currency }: ReviewDetails,
): string {
  const payment = payments.find(({ id }) => id === paymentId);
  return formatMinor(amountMinor, payment?.currency ?? currency);
}

function Resolved({ review }: { readonly review: ReviewDetails }) {
  const { resolution, resolvedBy, resolutionReason, closedAt } = review;
  return (
    <Panel title="How it ended">
      <p>
        {resolvedBy} decided: <strong>{resolution}</strong>, at <Time at={closedAt} />
      </p>
      {resolutionReason !== null && <p class="quote">{resolutionReason}</p>}
    </Panel>
  );
}

function decisionsOf(
  currency: string | null,
): readonly Column<ReviewDetails['decisions'][number]>[] {
  return [
    {
      title: 'What',
      cell: ({ isProposal, resolution }) => `${isProposal ? 'proposed' : 'decided'}: ${resolution}`,
    },
    { title: 'By', cell: ({ by }) => by },
    { title: 'Why', isLong: true, cell: ({ reason }) => reason },
    {
      title: 'At stake then',
      isNumber: true,
      cell: ({ amountMinor }) => <Money amountMinor={amountMinor} currency={currency} />,
    },
    { title: 'At', cell: ({ at }) => <Time at={at} /> },
  ];
}
