import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { idAt } from '../../database/id-time.js';
import { InboxEventEntity } from '../../database/inbox-event.entity.js';
import { TollgateError } from '../../errors.js';
import { text, time } from '../list-query.js';

export const EVENT_STATUSES = [
  'received',
  'applied',
  'noop',
  'ignored',
  'dead',
  'discarded',
] as const;

/** What events can be chosen by; what is not named does not matter. */
export const eventFilterShape = {
  status: z.enum(EVENT_STATUSES).optional(),
  provider: text.optional(),
  account: text.optional(),
  type: text.optional(),
  eventId: text.optional(),
  /** Code of the last failure. */
  code: text.optional(),
  /** Part of the event id, of the type or of the last failure. */
  text: text.optional(),
  /** Times of receipt: from, and before. */
  from: time.optional(),
  to: time.optional(),
};
export const eventFilter = z.strictObject(eventFilterShape);
export type EventFilter = z.output<typeof eventFilter>;

/** Columns that a filter names by itself. */
const EXACT = {
  status: 'status',
  provider: 'provider',
  account: 'account',
  type: 'eventType',
  eventId: 'eventId',
};

/**
 * The events that a filter matches, to be ordered and limited by the caller. What failed is looked
 * for among the dead letters only: nothing else has an index for that.
 *
 * @throws TollgateError `bad_request` for a filter that cannot match, or would read everything
 */
export function findEvents(
  reads: DataSource,
  { code, text: part, from, to, ...exact }: EventFilter,
): SelectQueryBuilder<InboxEventEntity> {
  if ((code !== undefined || part !== undefined) && exact.status !== 'dead') {
    throw new TollgateError('bad_request', 'code and text are for dead letters: add status=dead');
  }
  refuseUnlikely(from, to);
  const find = reads.getRepository(InboxEventEntity).createQueryBuilder('event');
  for (const [name, column] of Object.entries(EXACT)) {
    const value = exact[name as keyof typeof EXACT];
    if (value !== undefined) find.andWhere(`event.${column} = :${name}`, { [name]: value });
  }
  if (exact.type !== undefined && exact.provider === undefined) {
    find.andWhere(`event.provider = any (array(${PROVIDERS_THERE}))`);
  }
  // Ids begin with their time, and have an index; the margin is for clocks that differ.
  if (from) {
    const fromId = idAt(from.getTime() - CLOCK_MARGIN_MS);
    find.andWhere('event.receivedAt >= :from and event.id >= :fromId', { from, fromId });
  }
  if (to) {
    const toId = idAt(to.getTime() + CLOCK_MARGIN_MS);
    find.andWhere('event.receivedAt < :to and event.id < :toId', { to, toId });
  }
  if (code !== undefined) {
    find.andWhere(`event.attemptErrors -> -1 ->> 'code' = :code`, { code });
  }
  if (part !== undefined) {
    const pattern = `%${part.replace(/[\\%_]/g, '\\$&')}%`;
    find.andWhere(
      `(event.eventId ilike :pattern or event.eventType ilike :pattern
        or event.attemptErrors -> -1 ->> 'message' ilike :pattern)`,
      { pattern },
    );
  }
  return find;
}

/**
 * Every provider that has sent anything, by a look into the index for each: the index of types
 * begins with them, so that one without any events is known at once, too.
 */
const PROVIDERS_THERE = `
  with recursive there as (
    (select i.provider from inbox i order by i.provider limit 1)
    union all
    select (select i.provider from inbox i where i.provider > there.provider
            order by i.provider limit 1)
    from there where there.provider is not null)
  select there.provider from there where there.provider is not null`;

const CLOCK_MARGIN_MS = 3_600_000;

/** A range that no event can lie in is a mistake, and must not pass for "there are none". */
export function refuseUnlikely(from: Date | undefined, to: Date | undefined): void {
  if (from && from.getTime() > Date.now()) {
    throw new TollgateError('bad_request', 'from: lies in the future');
  }
  if (from && to && from >= to) throw new TollgateError('bad_request', 'from: must be before to');
}
