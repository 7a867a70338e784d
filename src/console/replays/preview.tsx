import { randomUUID } from 'node:crypto';
import type { DryRunView } from '../../ops/replays/dry-run-replay.js';
import { ReasonField } from '../components/action-form.js';
import { Badge } from '../components/badge.js';
import { CsrfInput } from '../components/csrf-input.js';
import { EmptyState } from '../components/empty-state.js';
import { KeyValues } from '../components/key-values.js';
import { Panel } from '../components/panel.js';
import { withQuery } from '../paths.js';
import { ChangeList } from './change-list.js';
import { countOutcomes } from './change-words.js';
import { wishFields, type ReplayWish } from './replay-wish.js';

/** `Replay 12 events?` */
export function previewTitle(
  { action, target }: ReplayWish,
  { matched }: Pick<DryRunView, 'matched'>,
): string {
  const verb = action === 'replay' ? 'Replay' : 'Discard';
  const thing = matched === 1 ? target.slice(0, -1) : target;
  return `${verb} ${matched} ${thing}?`;
}

/** What a replay would do, and the button that does it. */
export function Preview({
  wish,
  found,
  perSecond,
}: {
  readonly wish: ReplayWish;
  readonly found: DryRunView;
  /** As configured. */
  readonly perSecond: number;
}) {
  if (found.matched === 0) {
    return (
      <EmptyState title="Nothing matches any more">
        Somebody may have dealt with it meanwhile. <a href={backPath(wish)}>Back to the list</a>
      </EmptyState>
    );
  }
  return (
    <>
      <Panel title="What is chosen">
        <Choice wish={wish} />
        <Confirm wish={wish} found={found} perSecond={perSecond} />
      </Panel>
      <Panel title="What it would change">
        <Effect wish={wish} found={found} />
        <ChangeList changes={found.changes} />
      </Panel>
    </>
  );
}

function Choice({ wish: { target, choice } }: { readonly wish: ReplayWish }) {
  if (choice.by === 'ids') {
    return (
      <p>
        {choice.ids.length} that were ticked
        {choice.consumer !== undefined && `, of the consumer ${choice.consumer}`}.
      </p>
    );
  }
  const entries = Object.entries(choice.filter);
  const hasStatus = choice.filter['status'] !== undefined;
  return (
    <>
      <p>
        Every one of the {target} that matches all of this. What comes in from now on is not part of
        it.
      </p>
      <KeyValues
        entries={[
          ...(hasStatus ? [] : [['Status', 'dead'] as const]),
          ...entries.map(([name, value]) => [FILTER_NAMES[name] ?? name, value] as const),
        ]}
      />
    </>
  );
}

const FILTER_NAMES: Readonly<Record<string, string>> = {
  status: 'Status',
  provider: 'Provider',
  account: 'Account',
  consumer: 'Consumer',
  type: 'Type',
  code: 'Reason',
  text: 'Text',
  from: 'Since',
  to: 'Before',
};

function Confirm({
  wish,
  found,
  perSecond,
}: {
  readonly wish: ReplayWish;
  readonly found: DryRunView;
  readonly perSecond: number;
}) {
  const isDiscard = wish.action === 'discard';
  return (
    <form class="action confirm-start" method="post" action="/console/replays">
      <CsrfInput />
      <input type="hidden" name="key" value={randomUUID()} />
      {wishFields(wish).map(([name, value]) => (
        <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
      ))}
      <ReasonField isRequired={isDiscard} />
      {found.matched > 1 && (
        <label class="field narrow">
          At most per second
          <input name="perSecond" type="number" min="1" max="1000" value={perSecond} required />
        </label>
      )}
      <button type="submit" class={isDiscard ? 'danger' : 'primary'}>
        {previewTitle(wish, found).replace('?', '')}
      </button>
      <a href={backPath(wish)}>Back to the list</a>
    </form>
  );
}

function Effect({ wish, found }: { readonly wish: ReplayWish; readonly found: DryRunView }) {
  const { matched, examined, changes } = found;
  if (wish.action === 'discard') {
    return (
      <p>
        No payment and no order. They leave the dead letters, what they say never counts, and they
        can be replayed all the same.
      </p>
    );
  }
  if (wish.target === 'messages') {
    return (
      <p>
        They are sent to the consumer again, in the order in which they were written. What it does
        with them is its own: nobody can tell before.
      </p>
    );
  }
  return (
    <>
      <p>
        {examined < matched
          ? `The oldest ${examined} of ${matched} were tried, and undone again:`
          : 'All of them were tried, and undone again:'}
      </p>
      <ul class="summary">
        {countOutcomes(changes).map(([outcome, count]) => (
          <li key={outcome}>
            <strong class="number">{count}</strong> <Badge status={outcome} />
          </li>
        ))}
      </ul>
      {changes.every(({ outcome }) => outcome === 'dead') && (
        <p>
          None of them would get through: the cause is still there, and a replay ends where it
          began.
        </p>
      )}
    </>
  );
}

export function NothingChosen({ wish }: { readonly wish: ReplayWish }) {
  return (
    <EmptyState title="No box was ticked">
      Tick what you mean, or use the button for everything that matches.{' '}
      <a href={backPath(wish)}>Back to the list</a>
    </EmptyState>
  );
}

function backPath({ target, choice }: ReplayWish): string {
  const status = choice.by === 'filter' ? choice.filter['status'] : undefined;
  if (target === 'events' && status !== undefined) return withQuery('/console/events', { status });
  return target === 'events' ? '/console/dead-letters' : '/console/dead-letters/messages';
}
