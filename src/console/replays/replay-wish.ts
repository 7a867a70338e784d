import { givenFilters } from '../given-filters.js';
import { withQuery } from '../paths.js';

type Fields = Readonly<Record<string, string>>;

/** What somebody at the console wants to be sent through again or discarded. */
export interface ReplayWish {
  readonly target: 'events' | 'messages';
  readonly action: 'replay' | 'discard';
  readonly choice: WishedChoice;
}

/** Which of them: those that were ticked, or whatever a filter matches. */
export type WishedChoice =
  | {
      readonly by: 'ids';
      readonly ids: readonly string[];
      /** Of messages: whose. */
      readonly consumer?: string;
    }
  | { readonly by: 'filter'; readonly filter: Fields };

/** What a link or a form carries besides the filter. */
const NO_FILTERS: ReadonlySet<string> = new Set([
  'target',
  'action',
  'by',
  'ids',
  '_csrf',
  'key',
  'reason',
  'perSecond',
]);

const PREVIEW_PATH = '/console/replays/preview';

/** Where one sees what it would do, before it is done. */
export function previewPath(wish: ReplayWish): string {
  return withQuery(PREVIEW_PATH, wishFields(wish));
}

/**
 * Reads a wish from a link or a form. A form with no box ticked chooses nothing; it never stands for
 * a filter, which without any condition would mean everything.
 */
export function readWish(given: unknown): ReplayWish {
  const fields = givenFilters(given);
  const target = fields['target'] === 'messages' ? 'messages' : 'events';
  const action = fields['action'] === 'discard' ? 'discard' : 'replay';
  if (fields['by'] === 'filter') {
    // Whatever else there is narrows the choice. What nobody knows is refused, never left out.
    const filter = Object.entries(fields).filter(([name]) => !NO_FILTERS.has(name));
    return { target, action, choice: { by: 'filter', filter: Object.fromEntries(filter) } };
  }
  const { consumer } = fields;
  const ids = readIds(given);
  return {
    target,
    action,
    choice: { by: 'ids', ids, ...(consumer !== undefined && { consumer }) },
  };
}

/** Boxes of one name arrive as a text, or as a list of texts when there are several. */
function readIds(given: unknown): readonly string[] {
  const { ids } = (given ?? {}) as { readonly ids?: unknown };
  return [ids].flat().filter((id): id is string => typeof id === 'string' && id !== '');
}

/** A wish as fields of a form or a link, from which {@link readWish} reads it again. */
export function wishFields({ target, action, choice }: ReplayWish): [string, string][] {
  const head: [string, string][] = [
    ['target', target],
    ['action', action],
    ['by', choice.by],
  ];
  if (choice.by === 'filter') return [...head, ...Object.entries(choice.filter)];
  const { ids, consumer } = choice;
  const whose: [string, string][] = consumer === undefined ? [] : [['consumer', consumer]];
  return [...head, ...whose, ...ids.map((id): [string, string] => ['ids', id])];
}

/**
 * The same wish, but only for what is there by now: what comes in while somebody reads what it would
 * do is not part of it.
 */
export function untilNow({ choice, ...wish }: ReplayWish, now: Date): ReplayWish {
  if (choice.by === 'ids' || choice.filter['to'] !== undefined) return { ...wish, choice };
  const filter = { ...choice.filter, to: now.toISOString() };
  return { ...wish, choice: { by: 'filter', filter } };
}

/** A wish as `startReplay` takes it. */
export function toOrder({ target, action, choice }: ReplayWish): Readonly<Record<string, unknown>> {
  return choice.by === 'filter'
    ? { target, action, filter: choice.filter }
    : { target, action, ids: choice.ids, consumer: choice.consumer };
}
