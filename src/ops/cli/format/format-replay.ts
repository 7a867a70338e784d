import type { ReplayView } from '../api-views.js';
import type { Block, TableBlock } from '../render.js';
import { showTime } from '../time.js';
import { styleOf } from './outcome-style.js';
import { shorten } from './shorten.js';

export function replayTable(replays: readonly ReplayView[]): TableBlock {
  return {
    head: ['id', 'created', 'what', 'status', 'done', 'skipped', 'total', 'by', 'reason'],
    rows: replays.map((replay) => [
      replay.id,
      showTime(replay.createdAt),
      `${replay.action} ${replay.target}`,
      { text: replay.status, style: styleOf(replay.status) },
      String(replay.done),
      String(replay.skipped),
      String(replay.total),
      replay.requestedBy,
      shorten(replay.reason ?? ''),
    ]),
  };
}

/** How a replay stands, on one line. */
export function replayBlocks(replay: ReplayView): Block[] {
  const { id, action, target, status, done, skipped, total } = replay;
  const results = showResults(replay);
  return [
    [
      { text: `${action} of ${target} ${id}`, style: 'title' },
      '  ',
      { text: status, style: styleOf(status) },
    ],
    `  ${done} of ${total} done, ${skipped} skipped`,
    ...(results === '' ? [] : [`  now: ${results}`]),
  ];
}

function showResults({ results }: ReplayView): string {
  const found = Object.entries(results ?? {}).filter(([, count]) => count > 0);
  return found.map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}
