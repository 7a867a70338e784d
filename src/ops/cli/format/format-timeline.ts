import type { TimelineEntryView } from '../api-views.js';
import type { Block } from '../render.js';
import { showTime } from '../time.js';
import { styleOf } from './outcome-style.js';

/** What happened, oldest first, with what came of it and why. */
export function timelineBlocks(entries: readonly TimelineEntryView[]): Block[] {
  if (entries.length === 0) return [];
  return [
    { text: 'timeline', style: 'title' },
    {
      head: ['at', 'what', 'by', 'title', 'outcome', 'why'],
      rows: entries.map(({ at, kind, title, outcome, why, by }) => [
        showTime(at),
        kind,
        by?.name ?? '',
        title,
        outcome === null ? '' : { text: outcome, style: styleOf(outcome) },
        why ?? '',
      ]),
    },
  ];
}
