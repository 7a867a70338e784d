import type { presentFact } from '../../ops/present.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Dash, Money } from '../components/money.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { eventPath } from '../paths.js';

type Fact = ReturnType<typeof presentFact>;

/** What was told about a payment. Everything else about it follows from these. */
export function FactTable({
  facts,
  isOfEvent = false,
}: {
  readonly facts: readonly Fact[];
  /** They stand on the page of the event that told them. */
  readonly isOfEvent?: boolean;
}) {
  return (
    <Table
      caption={isOfEvent ? 'Facts that this event told' : 'Facts, oldest first'}
      columns={isOfEvent ? COLUMNS : [...COLUMNS, TOLD_BY]}
      rows={facts}
      empty={
        <EmptyState title="No facts yet">
          Nothing was told about this payment. The provider may not have sent its events yet.
        </EmptyState>
      }
    />
  );
}

const COLUMNS: readonly Column<Fact>[] = [
  { title: 'Fact', cell: ({ kind }) => kind.replaceAll('_', ' ') },
  {
    title: 'About',
    isLong: true,
    cell: ({ key, reference }) => (
      <>
        <span class="mono">{key}</span>
        {reference !== null && <span class="sub">order {reference}</span>}
      </>
    ),
  },
  { title: 'State', cell: ({ state }) => (state === null ? <Dash /> : <Badge status={state} />) },
  {
    title: 'Amount',
    isNumber: true,
    cell: ({ amountMinor, currency }) => <Money amountMinor={amountMinor} currency={currency} />,
  },
  { title: 'Happened', cell: ({ occurredAt }) => <Time at={occurredAt} /> },
];

const TOLD_BY: Column<Fact> = {
  title: 'Told by',
  cell: ({ eventId }) => (eventId === null ? 'a command' : <a href={eventPath(eventId)}>event</a>),
};
