import type {
  TimelineEntry,
  TimelineKind,
  TimelineLinks,
} from '../../ops/timeline/timeline-entry.js';
import { Badge } from '../components/badge.js';
import { EmptyState } from '../components/empty-state.js';
import { Json } from '../components/json.js';
import { Panel } from '../components/panel.js';
import { Time } from '../components/time.js';
import { eventPath, orderPath, paymentPath, replayPath, reviewPath, withQuery } from '../paths.js';
import { describeActor, describeWhy } from './describe-why.js';

interface TimelineProps {
  readonly entries: readonly TimelineEntry[];
  /** Of the page that it stands on. */
  readonly path: string;
  /** The only kind to show, as the address says; anything else: all of them. */
  readonly kind: string | undefined;
  /** Of what it is about; null: nobody has said it yet. */
  readonly currency: string | null;
}

/** What happened, oldest first, each line with what came of it, why, and by whom. */
export function Timeline({ entries, path, kind, currency }: TimelineProps) {
  const kinds = countKinds(entries);
  const isKind = kinds.some(([one]) => one === kind);
  const shown = isKind ? entries.filter((one) => one.kind === kind) : entries;
  return (
    <Panel title="Timeline">
      {entries.length === 0 && (
        <EmptyState title="Nothing has happened yet">
          It fills with deliveries, facts and messages as they come.
        </EmptyState>
      )}
      {kinds.length > 1 && (
        <nav class="kinds" aria-label="Kinds of lines">
          <a href={path} aria-current={isKind ? undefined : 'true'}>
            All {entries.length}
          </a>
          {kinds.map(([one, count]) => (
            <a
              key={one}
              href={withQuery(path, { kind: one })}
              aria-current={one === kind ? 'true' : undefined}
            >
              {KINDS[one]} {count}
            </a>
          ))}
        </nav>
      )}
      <ol class="timeline">
        {shown.map((entry, index) => (
          <Line key={index} entry={entry} path={path} currency={currency} />
        ))}
      </ol>
    </Panel>
  );
}

const KINDS: Readonly<Record<TimelineKind, string>> = {
  command: 'Commands',
  delivery: 'Deliveries',
  attempt: 'Failed attempts',
  replay: 'Replays',
  fact: 'Facts',
  transition: 'Moves',
  ledger: 'Ledger',
  review: 'Reviews',
  message: 'Messages',
  event: 'Outcomes',
};

/** Of these the words are ours; names of other kinds are shown as they are written. */
const IN_OUR_WORDS: ReadonlySet<TimelineKind> = new Set([
  'command',
  'fact',
  'transition',
  'review',
  'replay',
]);

function Line({
  entry: { at, kind, title, outcome, why, by, links, entry },
  path,
  currency,
}: {
  readonly entry: TimelineEntry;
  readonly path: string;
  readonly currency: string | null;
}) {
  return (
    <li class={`line ${kind}`}>
      <div class="line-time">
        <Time at={at} />
      </div>
      <div class="line-body">
        <p class="line-title">
          <span class="line-kind">{kind}</span>{' '}
          <strong>{IN_OUR_WORDS.has(kind) ? title.replaceAll('_', ' ') : title}</strong>
          {outcome !== null && <Badge status={outcome} />}
        </p>
        {why !== null && <p>{describeWhy(why, currency)}</p>}
        <p class="line-foot">
          <span class="muted">by {describeActor(by)}</span>
          <Links links={links} path={path} />
        </p>
        <details>
          <summary>Details</summary>
          <Json value={entry} label={`Details of ${kind} ${title}`} />
        </details>
      </div>
    </li>
  );
}

/** A message has no page of its own. */
const PATHS: Partial<Record<keyof TimelineLinks, (id: string) => string>> = {
  event: eventPath,
  payment: paymentPath,
  order: orderPath,
  review: reviewPath,
  replay: replayPath,
};

/** Where one can go from a line, besides the page that one is on. */
function Links({ links, path }: { readonly links: TimelineLinks; readonly path: string }) {
  return (
    <>
      {Object.entries(PATHS).map(([name, toPath]) => {
        const id = links[name as keyof TimelineLinks];
        return id === undefined || toPath(id) === path ? null : (
          <a key={name} href={toPath(id)}>
            {name}
          </a>
        );
      })}
    </>
  );
}

function countKinds(entries: readonly TimelineEntry[]): [TimelineKind, number][] {
  const counts = new Map<TimelineKind, number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts];
}
