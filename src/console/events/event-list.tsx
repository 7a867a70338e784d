import type { EventView } from '../../ops/present.js';
import { Badge } from '../components/badge.js';
import { Breakable } from '../components/breakable.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results, type FilterField } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Dash } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { withoutFilters } from '../given-filters.js';
import { useMayAct } from '../page-context.js';
import { eventPath, paymentPath } from '../paths.js';
import type { ReadList } from '../read-list.js';
import { previewPath } from '../replays/replay-wish.js';

const PATH = '/console/events';

type Filters = Readonly<Record<string, string>>;

export function EventList({
  list: { page, problem },
  filters,
  wanted,
  fields,
}: {
  readonly list: ReadList<EventView>;
  /** As they were typed. */
  readonly filters: Filters;
  /** As they were understood. */
  readonly wanted: Filters;
  readonly fields: readonly FilterField[];
}) {
  return (
    <>
      <FilterForm path={PATH} fields={fields} filters={filters} />
      <Results>
        <FilterProblem problem={problem} />
        {problem === null && (
          <>
            <ReplayAll wanted={wanted} isEmpty={page.data.length === 0} />
            <Table
              caption="Events, newest first"
              columns={COLUMNS}
              rows={page.data}
              empty={<NoEvents isFiltered={Object.keys(filters).length > 0} />}
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}

/** What waits is under way, and without a status the filter would mean the dead ones only. */
function ReplayAll({ wanted, isEmpty }: { readonly wanted: Filters; readonly isEmpty: boolean }) {
  const { status, eventId } = wanted;
  const mayAct = useMayAct();
  if (!mayAct || isEmpty || eventId !== undefined) return null;
  if (status === undefined || status === 'received') return null;
  const path = previewPath({
    target: 'events',
    action: 'replay',
    choice: { by: 'filter', filter: withoutFilters(wanted, 'cursor') },
  });
  return (
    <p class="toolbar">
      <a class="button" href={path}>
        Replay everything that matches…
      </a>
    </p>
  );
}

const COLUMNS: readonly Column<EventView>[] = [
  {
    title: 'Event',
    isLong: true,
    cell: (event) => <EventLink event={event} />,
  },
  { title: 'Outcome', cell: (event) => <EventOutcome event={event} /> },
  { title: 'Provider', cell: (event) => <Sender event={event} /> },
  {
    title: 'Payment',
    cell: ({ paymentId }) =>
      paymentId === null ? <Dash /> : <a href={paymentPath(paymentId)}>payment</a>,
  },
  { title: 'Deliveries', isNumber: true, cell: ({ deliveries }) => deliveries },
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} isBrief /> },
];

/** Its type and what the provider calls it. */
export function EventLink({
  event,
}: {
  readonly event: Pick<EventView, 'id' | 'type' | 'eventId'>;
}) {
  return (
    <>
      <a href={eventPath(event.id)}>
        <Breakable text={event.type} />
      </a>
      <span class="sub mono">{event.eventId}</span>
    </>
  );
}

/** How it ended, or where it stands. */
export function EventOutcome({
  event: { status, outcome, lastError, attempts, attemptsMax },
}: {
  readonly event: EventView;
}) {
  if (outcome === null) {
    return (
      <>
        <Badge status={status} />
        {attempts > 0 && (
          <span class="sub">
            {attempts} of {attemptsMax} attempts failed
          </span>
        )}
      </>
    );
  }
  return (
    <>
      <Badge status={outcome} />
      {status === 'dead' && lastError && <span class="sub mono">{lastError.code}</span>}
    </>
  );
}

/** Who sent it, and to which account of ours. */
export function Sender({
  event: { provider, account },
}: {
  readonly event: Pick<EventView, 'provider' | 'account'>;
}) {
  return (
    <>
      {provider}
      {account !== 'default' && <span class="sub">{account}</span>}
    </>
  );
}

function NoEvents({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState title="No event matches">
        Clear the filter, or make it wider: an event id has to be complete.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No events yet">
      Point a webhook of your provider at <code>/webhooks/stripe</code>, or send yourself a signed
      one: <code>npm run send -- stripe payment_intent.succeeded</code>
    </EmptyState>
  );
}
