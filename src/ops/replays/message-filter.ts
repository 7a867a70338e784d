import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { DispatchEntity } from '../../database/outbox.entity.js';
import { refuseUnlikely } from '../events/event-filter.js';
import { text, time } from '../list-query.js';

export const MESSAGE_STATUSES = ['pending', 'consumed', 'dead', 'discarded'] as const;

/** What messages of consumers can be chosen by. */
export const messageFilterShape = {
  consumer: text.optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  type: text.optional(),
  /** Code of the last failure of a dead letter. */
  code: text.optional(),
  /** Part of the last failure, or of what the message is about. */
  text: text.optional(),
  from: time.optional(),
  to: time.optional(),
};
export const messageFilter = z.strictObject(messageFilterShape);
export type MessageFilter = z.output<typeof messageFilter>;

/**
 * The messages that a filter matches, to be ordered and limited by the caller.
 * @throws TollgateError `bad_request`
 */
export function findDispatches(
  reads: DataSource,
  { consumer, status, type, code, text: part, from, to }: MessageFilter,
): SelectQueryBuilder<DispatchEntity> {
  refuseUnlikely(from, to);
  const find = reads
    .getRepository(DispatchEntity)
    .createQueryBuilder('dispatch')
    .innerJoin('dispatch.message', 'message');
  if (consumer !== undefined) find.andWhere('dispatch.consumer = :consumer', { consumer });
  if (status !== undefined) find.andWhere('dispatch.status = :status', { status });
  if (type !== undefined) find.andWhere('message.type = :type', { type });
  if (code !== undefined) find.andWhere('dispatch.reason = :code', { code });
  if (from) find.andWhere('dispatch.createdAt >= :from', { from });
  if (to) find.andWhere('dispatch.createdAt < :to', { to });
  if (part !== undefined) {
    const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
    find.andWhere(
      `(message.subject ilike :pattern or dispatch.errors -> -1 ->> 'message' ilike :pattern)`,
      { pattern },
    );
  }
  return find;
}
