import { z } from 'zod';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { text, uuid } from '../list-query.js';
import { findItems, type ReplayItemView } from './replay-item.queries.js';

export type { ReplayItemView } from './replay-item.queries.js';

const listQuery = z.strictObject({
  /** Only those that stand so now. */
  now: text.optional(),
  /** The position after which the list goes on. */
  after: z.coerce.number().int().min(0).max(2_147_483_647).optional(),
});

/** As many are listed at once. */
export const ITEMS_MAX = 100;

/**
 * What a replay consists of, in the order of the choice: what each was, and where it stands now.
 * @throws TollgateError `bad_request`
 */
export function listReplayItems(
  { database }: Services,
  given: string,
  query: unknown,
): Promise<ReplayItemView[]> {
  const replayId = readInput(uuid, given);
  const { now = null, after = 0 } = readInput(listQuery, query);
  return findItems(database.command, replayId, { now, after, limit: ITEMS_MAX });
}
