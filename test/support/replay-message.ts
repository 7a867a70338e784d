import type { Pool } from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { findDispatchesById, replayDispatches } from '../../src/outbox/replay.queries.js';

/** Sends a message of a consumer through again as it is now; false when there was nothing to do. */
export async function replayMessage(
  pool: Pool,
  consumer: string,
  messageId: string,
): Promise<boolean> {
  const found = await findDispatchesById(pool, consumer, [messageId]);
  const chosen = found.map(({ id, ...one }) => ({ ...one, messageId: id }));
  const touched = await inTransaction(pool, (tx) => replayDispatches(tx, chosen));
  return touched.length === 1;
}
