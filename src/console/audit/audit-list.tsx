import type { AuditView } from '../../ops/audit/audit-entry.queries.js';
import { Badge, type Tone } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { FilterForm, Results, type FilterField } from '../components/filter-form.js';
import { FilterProblem } from '../components/filter-problem.js';
import { Dash } from '../components/money.js';
import { Pager } from '../components/pager.js';
import { Table, type Column } from '../components/table.js';
import { Time } from '../components/time.js';
import type { ReadList } from '../read-list.js';
import { subjectPath, toneOfResult } from './audit-words.js';

const PATH = '/console/audit';

export function AuditList({
  list: { page, problem },
  filters,
  fields,
}: {
  readonly list: ReadList<AuditView>;
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
              caption="What people did, newest first"
              columns={COLUMNS}
              rows={page.data}
              empty={
                <EmptyState title="Nothing was done that matches">
                  Clear the filter: everything that people do here and over the API is written down.
                </EmptyState>
              }
            />
            <Pager path={PATH} filters={filters} nextCursor={page.nextCursor} />
          </>
        )}
      </Results>
    </>
  );
}

const COLUMNS: readonly Column<AuditView>[] = [
  { title: 'At', cell: ({ at }) => <Time at={at} /> },
  {
    title: 'Who',
    cell: ({ actor, role }) => (
      <>
        {actor}
        <span class="sub">{role}</span>
      </>
    ),
  },
  { title: 'Action', cell: ({ action }) => action },
  { title: 'Subject', isLong: true, cell: (entry) => <Subject entry={entry} /> },
  { title: 'Why', isLong: true, cell: ({ reason }) => reason ?? <Dash /> },
  { title: 'Which', isLong: true, cell: (entry) => <Which entry={entry} /> },
  {
    title: 'Result',
    cell: ({ result }) => {
      const tone: Tone = toneOfResult(result);
      return <Badge status={result} tone={tone} />;
    },
  },
];

function Subject({ entry: { action, subject } }: { readonly entry: AuditView }) {
  if (subject === null) return <Dash />;
  const path = subjectPath(action, subject);
  return path === null ? (
    <span class="mono">{subject}</span>
  ) : (
    <a class="mono" href={path}>
      {subject}
    </a>
  );
}

/** Of many: what they were chosen by, and how many they were. */
function Which({ entry: { filter, counts } }: { readonly entry: AuditView }) {
  const told = [...Object.entries(filter ?? {}), ...Object.entries(counts ?? {})];
  if (told.length === 0) return <Dash />;
  return <>{told.map(([name, value]) => `${name}: ${toText(value)}`).join(', ')}</>;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
