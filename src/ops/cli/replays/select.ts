import { usageError } from '../cli-error.js';

/** Options that say which events or messages are meant. */
export interface SelectionOptions {
  readonly consumer?: string;
  readonly status?: string;
  readonly provider?: string;
  readonly account?: string;
  readonly type?: string;
  readonly code?: string;
  readonly text?: string;
  readonly from?: string;
  readonly to?: string;
}

/** What is sent through again or discarded, as `POST /v1/replays` takes it. */
export type Selection =
  | { readonly target: 'events'; readonly ids: readonly string[] }
  | { readonly target: 'events'; readonly filter: object }
  | { readonly target: 'messages'; readonly consumer: string; readonly ids: readonly string[] }
  | { readonly target: 'messages'; readonly filter: object };

const IDS_MAX = 1000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What a message has none of. */
const EVENTS_ONLY = ['provider', 'account'] as const;

/** @throws CliError unless it is plain what is meant: ids, or a filter, and never simply everything */
export function select(ids: readonly string[], options: SelectionOptions): Selection {
  const { consumer, ...filter } = options;
  const filters = Object.keys(filter).map((name) => `--${name}`);
  if (ids.length > 0 && filters.length > 0) {
    throw usageError(`name ids or a filter, not both (${filters.join(', ')})`);
  }
  refuseUnusable(ids);
  if (consumer === undefined) {
    if (ids.length > 0) return { target: 'events', ids };
    if (filters.length > 0) return { target: 'events', filter };
    throw usageError('name ids, a filter (all dead events: --status dead), or --consumer');
  }
  const foreign = EVENTS_ONLY.find((name) => filter[name] !== undefined);
  if (foreign !== undefined) throw usageError(`--${foreign} is of events, not of messages`);
  if (ids.length > 0) return { target: 'messages', consumer, ids };
  return { target: 'messages', filter: { consumer, ...filter } };
}

function refuseUnusable(ids: readonly string[]): void {
  const wrong = ids.find((id) => !UUID.test(id));
  if (wrong !== undefined) {
    throw usageError(`${wrong} is no id of ours: tollgate show ${wrong} tells it`);
  }
  if (ids.length > IDS_MAX) throw usageError(`at most ${IDS_MAX} ids at once`);
}
