import type { ReplayItemView } from '../../ops/replays/list-replay-items.js';
import type { ReplayView } from '../../ops/replays/present-replay.js';
import { ActionForm } from '../components/action-form.js';
import { Badge } from '../components/badge.js';
import { KeyValues } from '../components/key-values.js';
import { FollowsLive, Live } from '../components/live.js';
import { Dash } from '../components/money.js';
import { Panel } from '../components/panel.js';
import { Tiles } from '../components/tiles.js';
import { Time } from '../components/time.js';
import { useMayAct, usePage } from '../page-context.js';
import { replayPath, withQuery } from '../paths.js';
import { nameReplay } from './replay-list.js';
import { ReplayItems } from './replay-items.js';
import { describeProgress, pollSeconds } from './replay-words.js';

/** How it stands and what a person can do about it: beside the heading. */
export function ReplayActions({
  replay: { id, status },
  hasChanged,
}: {
  readonly replay: ReplayView;
  readonly hasChanged: boolean;
}) {
  const mayAct = useMayAct();
  const path = replayPath(id);
  const isOver = status === 'done' || status === 'cancelled';
  return (
    <FollowsLive id="replay-actions" hasChanged={hasChanged}>
      <Badge status={status} />
      {mayAct && status === 'running' && <ActionForm action={`${path}/pause`} label="Pause" />}
      {mayAct && status === 'paused' && <ActionForm action={`${path}/resume`} label="Resume" />}
      {mayAct && !isOver && (
        <ActionForm
          action={`${path}/cancel`}
          label="Cancel"
          isDangerous
          confirm="What was sent through stays so. The rest is left as it was."
        />
      )}
    </FollowsLive>
  );
}

export function ReplayBody({
  replay,
  items,
  query,
  hasChanged,
}: {
  readonly replay: ReplayView;
  readonly items: readonly ReplayItemView[];
  /** Which items are listed: `now`, only those that stand so; `after`, those after a position. */
  readonly query: Readonly<Record<string, string>>;
  readonly hasChanged: boolean;
}) {
  return (
    <>
      <Panel title="Progress">
        <p id="replay-words" aria-live="polite">
          {describeProgress(replay)}
        </p>
        <Progress replay={replay} query={query} />
      </Panel>
      <FollowsLive id="replay-rest" hasChanged={hasChanged}>
        <Panel title="What was asked for">
          <Asked replay={replay} />
        </Panel>
        <ReplayItems replay={replay} items={items} now={query['now']} />
      </FollowsLive>
    </>
  );
}

function Progress({
  replay,
  query,
}: {
  readonly replay: ReplayView;
  readonly query: Readonly<Record<string, string>>;
}) {
  const page = usePage();
  const { id, status, total, done, skipped, pending } = replay;
  const settled = total - pending;
  return (
    <Live
      id="replay-progress"
      path={replayPath(id)}
      query={query}
      was={status}
      everySeconds={pollSeconds(replay, page.now)}
      words="replay-words"
    >
      <progress
        role="progressbar"
        aria-label="How much of it is done"
        aria-valuemin={0}
        aria-valuenow={settled}
        aria-valuemax={Math.max(total, 1)}
        value={total === 0 ? 1 : settled}
        max={Math.max(total, 1)}
      />
      <Tiles
        entries={[
          ['Chosen', total],
          [replay.action === 'replay' ? 'Sent through' : 'Discarded', done],
          ['Left alone', skipped],
          ['To do', pending],
        ]}
      />
      <Results replay={replay} />
    </Live>
  );
}

/** Where what was sent through stands now. */
function Results({ replay: { id, results, target } }: { readonly replay: ReplayView }) {
  const counts = Object.entries(results ?? {}).sort(([, one], [, other]) => other - one);
  if (counts.length === 0) return null;
  return (
    <>
      <p>Where the {target} stand now; a click lists them:</p>
      <ul class="summary">
        {counts.map(([status, count]) => (
          <li key={status}>
            <strong class="number">{count}</strong>{' '}
            <a href={`${withQuery(replayPath(id), { now: status })}#panel-one-by-one`}>
              <Badge status={status} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Asked({ replay }: { readonly replay: ReplayView }) {
  const { filter, reason, requestedBy, perSecond, createdAt, finishedAt, id } = replay;
  return (
    <KeyValues
      entries={[
        ['What', nameReplay(replay)],
        ['Chosen by', filter === null ? 'hand' : describeFilter(filter)],
        ['By', requestedBy],
        ['Why', reason ?? <Dash />],
        ['At most', `${perSecond} per second`],
        ['Started', <Time at={createdAt} />],
        ['Ended', <Time at={finishedAt} />],
        ['Id', <span class="mono">{id}</span>],
      ]}
    />
  );
}

/** `status: dead, provider: stripe`; without a status the dead ones were meant. */
function describeFilter(filter: Readonly<Record<string, unknown>>): string {
  const named: readonly [string, unknown][] = Object.entries({ status: 'dead', ...filter });
  return named
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
