import type { AuditView } from '../api-views.js';
import type { TableBlock } from '../render.js';
import { showTime } from '../time.js';
import { shorten } from './shorten.js';

export function auditTable(entries: readonly AuditView[]): TableBlock {
  return {
    head: ['at', 'actor', 'role', 'action', 'subject', 'result', 'reason'],
    rows: entries.map(({ at, actor, role, action, subject, result, reason }) => [
      showTime(at),
      actor,
      role,
      action,
      subject ?? '-',
      result,
      shorten(reason ?? ''),
    ]),
  };
}
