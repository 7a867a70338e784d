import { newId } from '../../new-id.js';
import type { DataSource } from 'typeorm';
import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry } from '../../audit/audit.queries.js';
import { inTransaction, type Tx } from '../../database/transaction.js';
import { TollgateError } from '../../errors.js';
import { fingerprintRequest } from '../../idempotency/fingerprint.js';
import { findEvents as findEventsById } from '../../inbox/replay.queries.js';
import { findDispatchesById } from '../../outbox/replay.queries.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { dryRunReplay, type DryRunView } from './dry-run-replay.js';
import { matchingQuery } from './matching-query.js';
import { presentReplay, type ReplayView } from './present-replay.js';
import { readReplayOrder, type Choice, type WantedReplay } from './read-replay-order.js';
import { insertItems, insertMatchingItems, type ReplayItem } from './replay-item.queries.js';
import {
  findReplay,
  findReplayByKey,
  insertReplay,
  setReplayTotal,
  type ReplayRow,
} from './replay.queries.js';

/** What a person who asks for a replay is answered. */
export interface ReplayAnswer {
  /** 202: it is under way; 200: it was given before under this key, or it is a dry run. */
  readonly status: 200 | 202;
  readonly body: ReplayView | DryRunView;
}

/**
 * Sends everything that a filter matches, or a selection, through again in the background, or
 * discards it; or tells what that would do. What is chosen is chosen now: whatever matches later
 * is not part of it.
 *
 * @param key the same key of one person is the same order; null: a new one
 * @throws TollgateError `bad_request`, `not_found`, `replay_too_large`, `idempotency_key_reused`
 */
export function startReplay(
  services: Services,
  caller: Caller,
  body: unknown,
  key: string | null,
): Promise<ReplayAnswer> {
  return asAction(services, caller, { action: 'replay.start', subject: null }, async () => {
    const wanted = readReplayOrder(body);
    if (wanted.isDryRun) return { status: 200, body: await dryRunReplay(services, wanted) };
    const fingerprint = fingerprintRequest('POST', '/v1/replays', body);
    const { replay, isNew } = await inTransaction(services.database.command, (tx) =>
      chooseOnce(tx, services, caller, { wanted, key, fingerprint }),
    );
    services.replaying.wake();
    return { status: isNew ? 202 : 200, body: presentReplay(replay, null) };
  });
}

interface Order {
  readonly wanted: WantedReplay;
  readonly key: string | null;
  readonly fingerprint: Buffer;
}

async function chooseOnce(
  tx: Tx,
  services: Services,
  caller: Caller,
  { wanted, key, fingerprint }: Order,
): Promise<{ replay: ReplayRow; isNew: boolean }> {
  const { action, filter, reason, choice } = wanted;
  const { config, database } = services;
  const order = {
    id: newId(),
    target: choice.target,
    action,
    actor: caller.name,
    role: caller.role,
    key,
    fingerprint,
    filter,
    reason,
    perSecond: wanted.perSecond ?? config.REPLAY_PER_SECOND,
  };
  const isNew = await insertReplay(tx, order);
  if (!isNew && key !== null)
    return { replay: await findGiven(tx, caller, key, fingerprint), isNew };
  const total = await choose(tx, database.reads, order.id, choice, config.REPLAY_MAX);
  await setReplayTotal(tx, order.id, total);
  await insertAuditEntry(tx, {
    actor: caller.name,
    role: caller.role,
    action: 'replay.start',
    subject: order.id,
    reason,
    filter: { target: choice.target, action, ...(filter ?? { chosen: 'by id' }) },
    counts: { matched: total },
    result: 'started',
  });
  const replay = await findReplay(tx, order.id);
  if (!replay) throw new Error('a replay that was just written is not there');
  return { replay, isNew };
}

async function findGiven(
  tx: Tx,
  caller: Caller,
  key: string,
  fingerprint: Buffer,
): Promise<ReplayRow> {
  const replay = await findReplayByKey(tx, caller.name, key);
  if (replay?.fingerprint.equals(fingerprint)) return replay;
  throw new TollgateError('idempotency_key_reused', 'this key was used for another replay');
}

/** @returns how many were chosen */
async function choose(
  tx: Tx,
  reads: DataSource,
  replayId: string,
  choice: Choice,
  itemsMax: number,
): Promise<number> {
  if ('ids' in choice) {
    const items = await findChosen(tx, choice);
    await insertItems(tx, replayId, items);
    return items.length;
  }
  const matching = matchingQuery(reads, choice, itemsMax + 1);
  const total = await insertMatchingItems(tx, replayId, matching);
  if (total <= itemsMax) return total;
  throw new TollgateError(
    'replay_too_large',
    `the filter matches more than ${itemsMax}: make it narrower, or raise REPLAY_MAX`,
  );
}

/** @throws TollgateError `not_found` when one of them is not there: then nothing is done */
async function findChosen(
  tx: Tx,
  choice: Extract<Choice, { ids: readonly string[] }>,
): Promise<Omit<ReplayItem, 'position'>[]> {
  const found =
    choice.target === 'events'
      ? (await findEventsById(tx, choice.ids)).map((one) => ({ ...one, consumer: null }))
      : await findDispatchesById(tx, choice.consumer, choice.ids);
  const known = new Set(found.map(({ id }) => id));
  const unknown = choice.ids.filter((id) => !known.has(id));
  if (unknown.length === 0) return found;
  throw new TollgateError('not_found', 'some of these are not there: nothing was done', {
    members: { unknown: unknown.slice(0, UNKNOWN_SHOWN_MAX) },
  });
}

const UNKNOWN_SHOWN_MAX = 20;
