import type { DataSource, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { findEvents } from '../events/event-filter.js';
import { findDispatches } from './message-filter.js';
import type { Choice } from './read-replay-order.js';

/** Everything that a filter matches, as `id`, `consumer` and `generation`. */
export function matchingQuery(
  reads: DataSource,
  choice: Extract<Choice, { filter: unknown }>,
  itemsMax: number,
): { sql: string; values: unknown[] } {
  const find: SelectQueryBuilder<ObjectLiteral> =
    choice.target === 'events'
      ? findEvents(reads, choice.filter)
          .select('event.id', 'id')
          .addSelect('null::text', 'consumer')
          .addSelect('event.replays', 'generation')
          .orderBy('event.id')
      : findDispatches(reads, choice.filter)
          .select('dispatch.messageId', 'id')
          .addSelect('dispatch.consumer', 'consumer')
          .addSelect('dispatch.tries', 'generation')
          .orderBy('dispatch.messageId');
  const [sql, values] = find.limit(itemsMax).getQueryAndParameters();
  return { sql, values };
}
