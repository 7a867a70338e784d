import type { ReplayView } from '../../ops/replays/present-replay.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results, type FilterField } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Dash } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import { replayPath } from '../paths.js';
import type { ReadList } from '../read-list.js';

const PATH = '/console/replays';

export function ReplayList({
  list: { page, problem },
  filters,
  fields,
}: {
  readonly list: ReadList<ReplayView>;
  readonly filters: Readonly<Record<string, string>>;
  readonly fields: readonly FilterField[];
}) {
  return (
    <>
      <FilterForm path={PATH} fields={fields} filters={filters} />
      <Results>
        <FilterProblem problem={problem} />
        {problem === null && (
          <>
            <Table
              caption="Replays, newest first"
              columns={COLUMNS}
              rows={page.data}
              empty={<NoReplays isFiltered={Object.keys(filters).length > 0} />}
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}

const COLUMNS: readonly Column<ReplayView>[] = [
  {
    title: 'Replay',
    cell: (replay) => <a href={replayPath(replay.id)}>{nameReplay(replay)}</a>,
  },
  { title: 'Status', cell: ({ status }) => <Badge status={status} /> },
  {
    title: 'Done',
    isNumber: true,
    cell: ({ total, pending }) => `${total - pending} of ${total}`,
  },
  { title: 'By', cell: ({ requestedBy }) => requestedBy },
  { title: 'Why', isLong: true, cell: ({ reason }) => reason ?? <Dash /> },
  { title: 'Started', cell: ({ createdAt }) => <Time at={createdAt} isBrief /> },
];

/** `Replay of 12 events`. */
export function nameReplay({
  action,
  target,
  total,
}: Pick<ReplayView, 'action' | 'target' | 'total'>): string {
  const what = action === 'replay' ? 'Replay' : 'Discard';
  return `${what} of ${total} ${total === 1 ? target.slice(0, -1) : target}`;
}

function NoReplays({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <EmptyState title={isFiltered ? 'No replay matches' : 'Nobody has replayed anything yet'}>
      Start one from the <a href="/console/dead-letters">dead letters</a>, or from the page of an
      event.
    </EmptyState>
  );
}
