import type { DeadLetterGroupView, DeadLettersView, MessageView } from '../api-views.js';
import type { Block, TableBlock } from '../render.js';
import { showAge, showTime } from '../time.js';
import { shorten } from './shorten.js';

/** Dead letters by reason, the most frequent first. */
export function deadLetterBlocks({ events, messages }: DeadLettersView, now: Date): Block[] {
  if (events.length + messages.length === 0) return ['no dead letters'];
  return [
    ...groupBlocks('events', 'provider', events, now),
    ...groupBlocks('messages', 'consumer', messages, now),
  ];
}

function groupBlocks(
  title: string,
  owner: 'provider' | 'consumer',
  groups: readonly DeadLetterGroupView[],
  now: Date,
): Block[] {
  if (groups.length === 0) return [];
  const sorted = groups.toSorted((one, other) => other.count - one.count);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  return [
    { text: `${total} dead ${title}`, style: 'title' },
    {
      head: ['count', 'code', owner, 'type', 'newest', 'oldest', 'says'],
      rows: sorted.map((group) => [
        { text: String(group.count), style: 'bad' },
        group.code,
        group[owner] ?? '',
        shorten(group.type),
        showAge(group.newestAt, now),
        showAge(group.oldestAt, now),
        shorten(group.message),
      ]),
    },
  ];
}

export function messageTable(messages: readonly MessageView[]): TableBlock {
  return {
    head: ['id', 'created', 'consumer', 'type', 'subject', 'attempts', 'error'],
    rows: messages.map(({ id, createdAt, consumer, type, subject, attempts, lastError }) => [
      id,
      showTime(createdAt),
      consumer,
      type,
      subject,
      String(attempts),
      lastError ? shorten(`${lastError.code}: ${lastError.message}`) : '',
    ]),
  };
}
