import type { DeadLetters } from '../../ops/events/list-dead-letters.js';
import type { DispatchView } from '../../ops/present.js';
import { Breakable } from '../components/breakable.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Json } from '../components/json.js';
import { Dash } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { useMayAct } from '../page-context.js';
import { withQuery } from '../paths.js';
import type { ReadList } from '../read-list.js';
import { AGE_OPTIONS } from '../read-times.js';
import { chosenOptions } from './chosen-options.js';
import { DeadLetterTabs } from './dead-letter-tabs.js';
import { SelectBox, Selection } from './selection.js';

const PATH = '/console/dead-letters/messages';

type Filters = Readonly<Record<string, string>>;
type Group = DeadLetters['messages'][number];
export type Message = DispatchView;

export function DeadMessages({
  groups,
  consumers,
  list: { page, problem },
  filters,
  wanted,
}: {
  readonly groups: DeadLetters;
  /** Names of all that are told of changes. */
  readonly consumers: readonly string[];
  readonly list: ReadList<Message>;
  readonly filters: Filters;
  readonly wanted: Filters;
}) {
  const mayAct = useMayAct();
  const { messages } = groups;
  const { consumer } = filters;
  const ofConsumer = messages.filter((group) => group.consumer === consumer);
  return (
    <>
      <DeadLetterTabs groups={groups} current="messages" />
      {messages.length === 0 ? (
        <NoDeadMessages />
      ) : (
        <>
          <Panel title="What they died of">
            <Table
              caption="Dead messages by consumer and reason, most frequent first"
              columns={GROUPS}
              rows={messages}
              empty={null}
            />
          </Panel>
          <FilterForm
            path={PATH}
            filters={filters}
            fields={[
              { name: 'consumer', label: 'Consumer', options: chosenOptions(consumers, consumer) },
              field('type', 'Type', ofConsumer, filters),
              field('code', 'Reason', ofConsumer, filters),
              { name: 'age', label: 'Written', options: AGE_OPTIONS },
              { name: 'text', label: 'Text', placeholder: 'part of subject or message' },
            ]}
          />
          <Results>
            <FilterProblem problem={problem} />
            {problem === null && consumer !== undefined && (
              <Selection
                target="messages"
                filter={wanted}
                consumer={consumer}
                isEmpty={page.data.length === 0}
              >
                <Table
                  caption={`Dead messages of the consumer ${consumer}, newest first`}
                  columns={mayAct ? [BOX, ...COLUMNS] : COLUMNS}
                  rows={page.data}
                  empty={
                    <EmptyState title={`No dead letter of ${consumer} matches`}>
                      Clear the filter, or choose another consumer.
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

function field(name: 'type' | 'code', label: string, groups: readonly Group[], filters: Filters) {
  const options = chosenOptions(
    groups.map((group) => group[name]),
    filters[name],
  );
  return { name, label, options };
}

const GROUPS: readonly Column<Group>[] = [
  {
    title: 'Reason',
    cell: ({ consumer, type, code }) => (
      <a href={withQuery(PATH, { consumer, type, ...(code !== '' && { code }) })}>
        <Breakable text={code === '' ? 'unknown' : code} />
      </a>
    ),
  },
  { title: 'Messages', isNumber: true, cell: ({ count }) => <strong>{count}</strong> },
  { title: 'Consumer', cell: ({ consumer }) => consumer },
  { title: 'Type', cell: ({ type }) => <Breakable text={type} /> },
  { title: 'Oldest', cell: ({ oldestAt }) => <Time at={oldestAt} isBrief /> },
  { title: 'Newest', cell: ({ newestAt }) => <Time at={newestAt} isBrief /> },
  { title: 'The newest says', isLong: true, cell: ({ message }) => message ?? <Dash /> },
];

const BOX: Column<Message> = {
  title: 'Tick',
  cell: ({ id, type, subject }) => <SelectBox id={id} name={`${type} of ${subject}`} />,
};

const COLUMNS: readonly Column<Message>[] = [
  {
    title: 'Message',
    isLong: true,
    cell: ({ id, type, subject, version, data, errors }) => (
      <>
        {type}
        <span class="sub mono">
          {subject}, version {version}
        </span>
        <details>
          <summary>What it says</summary>
          <Json value={{ id, data, errors }} label={`Message ${type} of ${subject}`} />
        </details>
      </>
    ),
  },
  {
    title: 'Died of',
    isLong: true,
    cell: ({ lastError, reason }) => (
      <>
        <code>{reason ?? lastError?.code ?? 'unknown'}</code>
        <span class="sub">{lastError?.message}</span>
      </>
    ),
  },
  { title: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
  { title: 'Written', cell: ({ createdAt }) => <Time at={createdAt} isBrief /> },
];

function NoDeadMessages() {
  return (
    <EmptyState title="No dead letters of consumers: good">
      Everybody who is told of changes has taken them, or is still trying. How much waits for each
      is on the page of the <a href="/console/queues">queues</a>.
    </EmptyState>
  );
}
