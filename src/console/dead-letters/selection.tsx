import type { ComponentChildren } from 'preact';
import { withoutFilters } from '../given-filters.js';
import { useMayAct } from '../page-context.js';
import { previewPath, type ReplayWish } from '../replays/replay-wish.js';

/**
 * What can be done with dead letters: with those that are ticked, or with everything that matches.
 * Either way the next page shows what it would do, and nothing is done before it is confirmed there.
 */
export function Selection({
  target,
  filter,
  consumer,
  isEmpty,
  children,
}: {
  readonly target: ReplayWish['target'];
  /** As it was understood, with points in time for ages. */
  readonly filter: Readonly<Record<string, string>>;
  /** Of messages: whose. */
  readonly consumer?: string;
  readonly isEmpty: boolean;
  /** The table, with a `SelectBox` in each row. */
  readonly children: ComponentChildren;
}) {
  const mayAct = useMayAct();
  if (!mayAct || isEmpty) return <>{children}</>;
  const matching = withoutFilters(filter, 'cursor');
  const all = (action: ReplayWish['action']) =>
    previewPath({ target, action, choice: { by: 'filter', filter: matching } });
  return (
    <form method="get" action="/console/replays/preview">
      <input type="hidden" name="target" value={target} />
      <input type="hidden" name="by" value="ids" />
      {consumer !== undefined && <input type="hidden" name="consumer" value={consumer} />}
      <div class="toolbar" role="group" aria-label="What to do with them">
        <button type="submit" name="action" value="replay">
          Replay ticked…
        </button>
        <button type="submit" name="action" value="discard" class="danger">
          Discard ticked…
        </button>
        <span class="toolbar-rest">
          <a class="button" href={all('replay')}>
            Replay everything that matches…
          </a>
          <a class="button danger" href={all('discard')}>
            Discard everything that matches…
          </a>
        </span>
      </div>
      {children}
    </form>
  );
}

export function SelectBox({ id, name }: { readonly id: string; readonly name: string }) {
  return <input type="checkbox" name="ids" value={id} aria-label={`Tick ${name}`} />;
}
