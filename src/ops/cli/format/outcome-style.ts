import type { Style } from '../render.js';

/** How an outcome, or a status, stands out. */
export function styleOf(outcome: string | null): Style {
  if (outcome === null) return 'warning';
  if (['dead', 'failed', 'cancelled'].includes(outcome)) return 'bad';
  if (['applied', 'consumed', 'paid', 'done', 'resolved'].includes(outcome)) return 'good';
  return outcome.startsWith('noop') || outcome === 'ignored' ? 'faint' : 'warning';
}
