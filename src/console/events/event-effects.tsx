import type { showEvent } from '../../ops/events/show-event.js';
import { EmptyState } from '../components/empty-state.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Badge } from '../components/badge.js';
import { Time } from '../components/time.js';
import { Dash } from '../components/money.js';
import { FactTable } from '../payments/fact-table.js';
import { paymentPath } from '../paths.js';
import { ReviewTable } from '../reviews/review-table.js';

type Effects = Awaited<ReturnType<typeof showEvent>>['effects'];

/** What an event brought about. */
export function EventEffects({
  effects: { facts, transitions, reviews },
  paymentId,
}: {
  readonly effects: Effects;
  readonly paymentId: string | null;
}) {
  const isNothing = facts.length + transitions.length + reviews.length === 0;
  return (
    <>
      <Panel title="Effects">
        {isNothing && (
          <EmptyState title="None">
            No fact, no move and no review names this event as what brought it about.
          </EmptyState>
        )}
        {facts.length > 0 && <FactTable facts={facts} isOfEvent />}
      </Panel>
      {transitions.length > 0 && (
        <Panel title="Moves">
          <Table
            caption="What moved because of it"
            columns={movesOf(paymentId)}
            rows={transitions}
            empty={null}
          />
        </Panel>
      )}
      {reviews.length > 0 && (
        <Panel title="Reviews">
          <ReviewTable reviews={reviews} currency={facts[0]?.currency ?? null} />
        </Panel>
      )}
    </>
  );
}

type Transition = Effects['transitions'][number];

function movesOf(paymentId: string | null): readonly Column<Transition>[] {
  return [
    {
      title: 'What',
      cell: ({ subject }) =>
        subject === 'payment' && paymentId !== null ? (
          <a href={paymentPath(paymentId)}>payment</a>
        ) : (
          subject
        ),
    },
    { title: 'From', cell: ({ from }) => (from === null ? <Dash /> : <Badge status={from} />) },
    { title: 'To', cell: ({ to }) => <Badge status={to} /> },
    { title: 'At', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
}
