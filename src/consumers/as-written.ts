import type { Queryable } from '../database/transaction.js';
import { findMessage } from '../outbox/dispatch.queries.js';
import { toMessage } from '../outbox/dispatch.js';
import type { Consumer } from './consumer.js';

/**
 * Lets a consumer of ours have a message as it was written down, whatever its queue makes of it. So
 * who can write to a queue can ring and no more: he can have nobody granted access, nothing
 * invoiced and nothing signed.
 *
 * @param source what this service is called in its messages
 */
export function asWritten(consumer: Consumer, database: Queryable, source: string): Consumer {
  const { name, types } = consumer;
  return {
    name,
    types,
    async consume({ id }) {
      const written = await findMessage(database, id);
      if (written === null) throw new Error('the message is not in the outbox any more');
      await consumer.consume(toMessage(written, source));
    },
  };
}
