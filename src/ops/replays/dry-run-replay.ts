import { inTransaction } from '../../database/transaction.js';
import { dryRunEvents, type EventChange } from '../../inbox/dry-run.js';
import type { Services } from '../../services.js';
import type { Choice, WantedReplay } from './read-replay-order.js';
import { matchingQuery } from './matching-query.js';
import { countMatching, findMatchingIds } from './replay-item.queries.js';

/** What a replay would do. */
export interface DryRunView {
  readonly dryRun: true;
  /** Events or messages that it would send through, or discard. */
  readonly matched: number;
  /** How many of them were looked at: the oldest ones. */
  readonly examined: number;
  /** What each of those would change; none of messages, whose effect is the consumer's. */
  readonly changes: readonly EventChange[];
}

/** Their payments are locked while they are looked at, which takes some milliseconds for each. */
const EXAMINED_MAX = 100;

/** Tells what a replay would do; nothing of it is done. */
export async function dryRunReplay(
  { database, providers, config }: Services,
  { choice, action }: WantedReplay,
): Promise<DryRunView> {
  const pool = database.command;
  const { matched, ids } = await inTransaction(pool, async (tx) => {
    if ('ids' in choice) return { matched: choice.ids.length, ids: choice.ids };
    const all = matchingQuery(database.reads, choice, config.REPLAY_MAX);
    const first = matchingQuery(database.reads, choice, EXAMINED_MAX);
    return { matched: await countMatching(tx, all), ids: await findMatchingIds(tx, first) };
  });
  const examined = examinedOf(choice, action, ids);
  const changes = examined.length > 0 ? await dryRunEvents({ pool, providers }, examined) : [];
  return { dryRun: true, matched, examined: changes.length, changes };
}

/** Discarding changes no payment, and what a consumer would do is not ours to know. */
function examinedOf(choice: Choice, action: string, ids: readonly string[]): readonly string[] {
  if (choice.target === 'messages' || action === 'discard') return [];
  return ids.slice(0, EXAMINED_MAX);
}
