import { z } from 'zod';
import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry } from '../../audit/audit.queries.js';
import { inTransaction } from '../../database/transaction.js';
import { TollgateError } from '../../errors.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { pageShape, toPage, uuid, type Page } from '../list-query.js';
import { presentReplay, type ReplayView } from './present-replay.js';
import { countResults } from './replay-item.queries.js';
import {
  findReplay,
  findReplays,
  REPLAY_STATUSES,
  setReplayStatus,
  type ReplayRow,
  type ReplayStatus,
} from './replay.queries.js';

const listQuery = z.strictObject({ ...pageShape, status: z.enum(REPLAY_STATUSES).optional() });

/** Replays, newest first; where their events stand is told by {@link showReplay}. */
export async function listReplays(
  { database }: Services,
  query: unknown,
): Promise<Page<ReplayView>> {
  const { limit, cursor, status } = readInput(listQuery, query);
  const rows = await findReplays(database.command, status ?? null, cursor ?? null, limit + 1);
  return toPage(rows, limit, (one) => presentReplay(one, null));
}

/** A replay, how far it is, and where its events stand now. @throws TollgateError `not_found` */
export async function showReplay({ database }: Services, given: string): Promise<ReplayView> {
  const id = readInput(uuid, given);
  const replay = existing(await findReplay(database.command, id));
  return presentReplay(replay, await countResults(database.command, id));
}

/** What a person can do to a replay that is under way. */
export const STEERINGS = ['pause', 'resume', 'cancel'] as const;
export type Steering = (typeof STEERINGS)[number];

const STEPS: Readonly<Record<Steering, { from: readonly ReplayStatus[]; to: ReplayStatus }>> = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['running', 'paused'], to: 'cancelled' },
};

/**
 * Pauses a replay, goes on with it or calls off what is left of it. Asking twice does it once.
 * @throws TollgateError `bad_request`, `not_found`, `replay_finished`
 */
export function steerReplay(
  services: Services,
  caller: Caller,
  given: string,
  steering: Steering,
): Promise<ReplayView> {
  const action = `replay.${steering}` as const;
  return asAction(services, caller, { action, subject: given }, async () => {
    const id = readInput(uuid, given);
    const { from, to } = STEPS[steering];
    const replay = await inTransaction(services.database.command, async (tx) => {
      const isChanged = await setReplayStatus(tx, id, from, to);
      const found = existing(await findReplay(tx, id));
      if (!isChanged && found.status !== to) {
        throw new TollgateError('replay_finished', `this replay is ${found.status}`);
      }
      const { done, skipped, total } = found;
      await insertAuditEntry(tx, {
        actor: caller.name,
        role: caller.role,
        action,
        subject: id,
        counts: { done, skipped, total },
        result: isChanged ? 'done' : 'unchanged',
      });
      return found;
    });
    if (steering === 'resume') services.replaying.wake();
    return presentReplay(replay, await countResults(services.database.command, id));
  });
}

function existing(replay: ReplayRow | null): ReplayRow {
  if (replay) return replay;
  throw new TollgateError('not_found', 'there is no replay with this id');
}
