import { z } from 'zod';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { pageShape, toPage, type Page } from '../list-query.js';
import { presentEvent, type EventView } from '../present.js';
import { eventFilterShape, findEvents } from './event-filter.js';

const listQuery = z.strictObject({ ...pageShape, ...eventFilterShape });

/** Events of the inbox, newest first. @throws TollgateError `bad_request` */
export async function listEvents(services: Services, query: unknown): Promise<Page<EventView>> {
  const { limit, cursor, ...filter } = readInput(listQuery, query);
  const find = findEvents(services.database.reads, filter).orderBy('event.id', 'DESC');
  if (cursor !== undefined) find.andWhere('event.id < :cursor', { cursor });
  const events = await find.take(limit + 1).getMany();
  return toPage(events, limit, (event) => presentEvent(event, services.config.ATTEMPTS_MAX));
}
