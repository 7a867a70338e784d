import { CSRF_FIELD } from '../../access/console.guard.js';
import { usePage } from '../page-context.js';

/** What every form that changes something carries: the proof that it is from a page of ours. */
export function CsrfInput() {
  return <input type="hidden" name={CSRF_FIELD} value={usePage().csrfToken} />;
}
