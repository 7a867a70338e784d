import type { DeadLetters } from '../../ops/events/list-dead-letters.js';
import type { EventView } from '../../ops/present.js';
import { Breakable } from '../components/breakable.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Dash } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { EventLink, Sender } from '../events/event-list.js';
import { useMayAct } from '../page-context.js';
import { withQuery } from '../paths.js';
import type { ReadList } from '../read-list.js';
import { AGE_OPTIONS } from '../read-times.js';
import { chosenOptions } from './chosen-options.js';
import { DeadLetterTabs } from './dead-letter-tabs.js';
import { SelectBox, Selection } from './selection.js';

const PATH = '/console/dead-letters';

type Filters = Readonly<Record<string, string>>;
type Group = DeadLetters['events'][number];

export function DeadEvents({
  groups,
  list: { page, problem },
  filters,
  wanted,
}: {
  readonly groups: DeadLetters;
  readonly list: ReadList<EventView>;
  readonly filters: Filters;
  readonly wanted: Filters;
}) {
  const mayAct = useMayAct();
  const { events } = groups;
  return (
    <>
      <DeadLetterTabs groups={groups} current="events" />
      {events.length === 0 ? (
        <NoDeadEvents />
      ) : (
        <>
          <Panel title="What they died of">
            <Table
              caption="Dead events by reason, most frequent first"
              columns={GROUPS}
              rows={events}
              empty={null}
            />
          </Panel>
          <FilterForm
            path={PATH}
            filters={filters}
            fields={[
              field('provider', 'Provider', events, filters),
              field('type', 'Type', events, filters),
              field('code', 'Reason', events, filters),
              { name: 'age', label: 'Received', options: AGE_OPTIONS },
              { name: 'text', label: 'Text', placeholder: 'part of id, type or message' },
            ]}
          />
          <Results>
            <FilterProblem problem={problem} />
            {problem === null && (
              <Selection target="events" filter={wanted} isEmpty={page.data.length === 0}>
                <Table
                  caption="Dead events, newest first"
                  columns={mayAct ? [BOX, ...COLUMNS] : COLUMNS}
                  rows={page.data}
                  empty={
                    <EmptyState title="No dead letter matches">
                      Clear the filter, or choose another reason.
                    </EmptyState>
                  }
                />
              </Selection>
            )}
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </Results>
        </>
      )}
    </>
  );
}

function field(
  name: 'provider' | 'type' | 'code',
  label: string,
  groups: readonly Group[],
  filters: Filters,
) {
  const options = chosenOptions(
    groups.map((group) => group[name]),
    filters[name],
  );
  return { name, label, options };
}

const GROUPS: readonly Column<Group>[] = [
  {
    title: 'Reason',
    cell: ({ provider, type, code }) => (
      <a href={withQuery(PATH, { provider, type, ...(code !== '' && { code }) })}>
        <Breakable text={code === '' ? 'unknown' : code} />
      </a>
    ),
  },
  { title: 'Events', isNumber: true, cell: ({ count }) => <strong>{count}</strong> },
  {
    title: 'Type',
    cell: ({ type, provider }) => (
      <>
        <Breakable text={type} />
        <span class="sub">{provider}</span>
      </>
    ),
  },
  { title: 'Oldest', cell: ({ oldestAt }) => <Time at={oldestAt} isBrief /> },
  { title: 'Newest', cell: ({ newestAt }) => <Time at={newestAt} isBrief /> },
  { title: 'The newest says', isLong: true, cell: ({ message }) => message ?? <Dash /> },
];

const BOX: Column<EventView> = {
  title: 'Tick',
  cell: ({ id, eventId }) => <SelectBox id={id} name={`event ${eventId}`} />,
};

const COLUMNS: readonly Column<EventView>[] = [
  { title: 'Event', isLong: true, cell: (event) => <EventLink event={event} /> },
  {
    title: 'Died of',
    isLong: true,
    cell: ({ lastError, reason }) => (
      <>
        <code>{lastError?.code ?? reason ?? 'unknown'}</code>
        <span class="sub">{lastError?.message}</span>
      </>
    ),
  },
  { title: 'Provider', cell: (event) => <Sender event={event} /> },
  { title: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} isBrief /> },
];

function NoDeadEvents() {
  return (
    <EmptyState title="No dead letters: good">
      Every event found its end by itself. To see one come through, send a signed sample:{' '}
      <code>npm run send -- stripe payment_intent.succeeded</code>, then look at the{' '}
      <a href="/console/events">events</a>.
    </EmptyState>
  );
}
