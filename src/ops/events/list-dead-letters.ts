import type { Services } from '../../services.js';
import {
  groupDeadEvents,
  groupDeadMessages,
  type DeadEventGroup,
  type DeadMessageGroup,
} from './dead-letter.queries.js';

/** What waits for a person, by what it died of. */
export interface DeadLetters {
  readonly events: readonly DeadEventGroup[];
  /** Of consumers. */
  readonly messages: readonly DeadMessageGroup[];
}

const GROUPS_MAX = 200;

/** Groups everything that waits for a person, most frequent first. */
export async function groupDeadLetters({ database }: Services): Promise<DeadLetters> {
  const [events, messages] = await Promise.all([
    groupDeadEvents(database.command, GROUPS_MAX),
    groupDeadMessages(database.command, GROUPS_MAX),
  ]);
  return { events, messages };
}
