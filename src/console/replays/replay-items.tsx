import type { ReplayItemView } from '../../ops/replays/list-replay-items.js';
import { ITEMS_MAX } from '../../ops/replays/list-replay-items.js';
import type { ReplayView } from '../../ops/replays/present-replay.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Dash } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Table, type Column } from '../components/table.js';
import { eventPath, replayPath, withQuery } from '../paths.js';

/** What it consists of: what each was before, and where it stands now. */
export function ReplayItems({
  replay: { id, target },
  items,
  now,
}: {
  readonly replay: ReplayView;
  readonly items: readonly ReplayItemView[];
  readonly now: string | undefined;
}) {
  const path = replayPath(id);
  const last = items.at(-1);
  const isFull = items.length === ITEMS_MAX;
  const kept = now === undefined ? {} : { now };
  return (
    <Panel
      title="One by one"
      aside={now !== undefined && <a href={path}>Show all, not only {now.replaceAll('_', ' ')}</a>}
    >
      <Table
        caption={`The ${target} of this replay`}
        columns={COLUMNS}
        rows={items}
        empty={<EmptyState title="None">Nothing of this replay stands so.</EmptyState>}
      />
      {isFull && last && (
        <p>
          <a href={withQuery(path, { ...kept, after: String(last.position) })}>Next {ITEMS_MAX}</a>
        </p>
      )}
    </Panel>
  );
}

const COLUMNS: readonly Column<ReplayItemView>[] = [
  {
    title: 'What',
    isLong: true,
    cell: ({ id, consumer, type }) =>
      consumer === null ? (
        <a href={eventPath(id)}>{type ?? id}</a>
      ) : (
        <>
          {type ?? id}
          <span class="sub">for {consumer}</span>
        </>
      ),
  },
  {
    title: 'It was',
    cell: ({ statusBefore, outcomeBefore }) => (
      <>
        {statusBefore === null ? <Dash /> : <Badge status={statusBefore} />}
        {outcomeBefore !== null && <span class="sub mono">{outcomeBefore}</span>}
      </>
    ),
  },
  {
    title: 'Sent',
    cell: ({ status, skipReason }) => (
      <>
        {SENT[status]}
        {skipReason !== null && <span class="sub mono">{skipReason}</span>}
      </>
    ),
  },
  {
    title: 'It is now',
    cell: ({ statusNow, outcomeNow }) => (
      <>
        {statusNow === null ? <Dash /> : <Badge status={statusNow} />}
        {outcomeNow !== null && <span class="sub mono">{outcomeNow}</span>}
      </>
    ),
  },
];

const SENT: Readonly<Record<ReplayItemView['status'], string>> = {
  pending: 'not yet',
  done: 'yes',
  skipped: 'left alone',
};
