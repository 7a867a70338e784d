import type { DeadLetters } from '../../ops/events/list-dead-letters.js';

/** Events that we could not apply, and messages that consumers could not. */
export function DeadLetterTabs({
  groups: { events, messages },
  current,
}: {
  readonly groups: DeadLetters;
  readonly current: 'events' | 'messages';
}) {
  return (
    <nav class="kinds tabs" aria-label="Kinds of dead letters">
      <a href="/console/dead-letters" aria-current={current === 'events' ? 'page' : undefined}>
        Events {countAll(events)}
      </a>
      <a
        href="/console/dead-letters/messages"
        aria-current={current === 'messages' ? 'page' : undefined}
      >
        Messages of consumers {countAll(messages)}
      </a>
    </nav>
  );
}

function countAll(groups: readonly { readonly count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
