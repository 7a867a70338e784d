import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../database/transaction.js';
import type { NewMessage } from './message.js';

/**
 * Writes what others are told, in the transaction of the change: both are committed or neither is.
 * `UNIQUE (aggregate_id, version, type, part)` makes it impossible to tell one change twice.
 */
export async function insertMessages(tx: Tx, messages: readonly NewMessage[]): Promise<void> {
  await tx.query({
    name: 'insert-messages',
    text: `
      insert into outbox (id, type, aggregate, aggregate_id, version, part, subject, data)
      select id, type, aggregate, "aggregateId", version, part, subject, data
      from json_to_recordset($1) as t (
        id uuid, type text, aggregate text, "aggregateId" uuid, version integer, part text,
        subject text, data jsonb)`,
    values: [JSON.stringify(messages.map((message) => ({ id: uuidv7(), ...message })))],
  });
}
