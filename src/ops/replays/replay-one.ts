import { newId } from '../../new-id.js';
import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry, type AuditAction } from '../../audit/audit.queries.js';
import { inTransaction } from '../../database/transaction.js';
import { fingerprintRequest } from '../../idempotency/fingerprint.js';
import { payloadNotKept } from '../../inbox/body-of.js';
import type { Services } from '../../services.js';
import { insertItems, settleItems, type ReplayItem } from './replay-item.queries.js';
import { advanceReplay, insertReplay, setReplayTotal, type ReplayOrder } from './replay.queries.js';
import { touchItems } from './run-replays.js';

/** One event or message that somebody wants to be sent through again, or discarded. */
export interface SingleReplay {
  readonly target: ReplayOrder['target'];
  readonly action: ReplayOrder['action'];
  readonly audited: AuditAction;
  readonly item: Omit<ReplayItem, 'position'>;
  readonly reason: string | null;
}

/**
 * Does a replay of one at once, and keeps it as a replay like any other.
 * @returns its id; null: there was nothing to do, or somebody was faster
 * @throws TollgateError `payload_not_kept`
 */
export async function replayOne(
  services: Services,
  caller: Caller,
  { target, action, audited, item, reason }: SingleReplay,
): Promise<string | null> {
  const { database, config, doorbell, messaging } = services;
  const id = newId();
  const isDone = await inTransaction(database.command, async (tx) => {
    const chosen = { ...item, position: 1 };
    const { settled, touched } = await touchItems(
      tx,
      { target, action },
      [chosen],
      config.RING_GRACE_SECONDS,
    );
    if (settled[0]?.skipReason === 'payload_not_kept') throw payloadNotKept();
    const { name: actor, role } = caller;
    const subject = item.consumer === null ? item.id : `${item.consumer}/${item.id}`;
    const result = touched.length > 0 ? 'done' : 'unchanged';
    await insertAuditEntry(tx, { actor, role, action: audited, subject, reason, result });
    if (touched.length === 0) return false;
    const fingerprint = fingerprintRequest('POST', `/${target}/${subject}/${action}`, null);
    const order = { id, target, action, actor, role, key: null, fingerprint, filter: null, reason };
    await insertReplay(tx, { ...order, perSecond: 1 });
    await insertItems(tx, id, [item]);
    await setReplayTotal(tx, id, 1);
    await settleItems(tx, id, settled);
    await advanceReplay(tx, id, { done: 1, skipped: 0, pauseMs: 0 });
    return true;
  });
  if (!isDone) return null;
  if (action === 'replay' && target === 'events') await doorbell.ring([item.id]);
  if (action === 'replay' && target === 'messages') messaging.wake();
  return id;
}
