import type { AuditAction } from '../../audit/audit.queries.js';
import { ERRORS } from '../../errors.js';
import type { Tone } from '../components/badge.js';
import { eventPath, replayPath, reviewPath, withQuery } from '../paths.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Where one sees what something was done to; null: it is no id, or has no page. */
export function subjectPath(action: AuditAction, subject: string): string | null {
  const [kind] = action.split('.');
  if (kind === 'message') {
    const [consumer = ''] = subject.split('/');
    return withQuery('/console/dead-letters/messages', { consumer });
  }
  if (!UUID.test(subject)) return null;
  switch (kind) {
    case 'event':
      return eventPath(subject);
    case 'replay':
      return replayPath(subject);
    case 'review':
      return reviewPath(subject);
    default:
      return null;
  }
}

/** A refusal has the code with which it was refused. */
export function toneOfResult(result: string): Tone {
  if (Object.hasOwn(ERRORS, result)) return 'bad';
  return result === 'unchanged' ? 'neutral' : 'good';
}
