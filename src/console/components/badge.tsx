/** How something stands, from "nothing to do" to "look at it now". */
export type Tone = 'good' | 'busy' | 'neutral' | 'warning' | 'bad';

/** Words of events, payments, orders, messages, reviews, replays and queues. Others are neutral. */
const TONES: Readonly<Record<string, Tone>> = {
  applied: 'good',
  paid: 'good',
  consumed: 'good',
  done: 'good',
  granted: 'good',
  succeeded: 'good',
  resolved: 'good',
  won: 'good',
  up: 'good',

  received: 'busy',
  pending: 'busy',
  processing: 'busy',
  running: 'busy',
  authorized: 'busy',
  requires_action: 'busy',

  open: 'warning',
  paused: 'warning',
  held: 'warning',
  in_review: 'warning',
  partially_paid: 'warning',
  disputed: 'warning',
  claimed: 'warning',
  asks_provider: 'warning',
  refused: 'warning',

  dead: 'bad',
  failed: 'bad',
  lost: 'bad',
  revoked: 'bad',
  charged_back: 'bad',
  down: 'bad',
};

/** A word from outside may be the name of what every object has. */
function toneOf(word: string): Tone {
  return (Object.hasOwn(TONES, word) ? TONES[word] : null) ?? 'neutral';
}

/**
 * A status as a small label. The word says it; the colour only helps the eye.
 * @param tone where the word alone does not tell
 */
export function Badge({ status, tone }: { readonly status: string; readonly tone?: Tone }) {
  const [word = ''] = status.split(':');
  return <span class={`badge ${tone ?? toneOf(word)}`}>{status.replaceAll('_', ' ')}</span>;
}
