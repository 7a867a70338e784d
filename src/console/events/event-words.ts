import { ERRORS, type ErrorCode } from '../../errors.js';
import type { EventView } from '../../ops/present.js';

/** What came of an event, in a sentence; for one that waits, what it waits for. */
export function describeOutcome({
  status,
  reason,
  attempts,
  attemptsMax,
}: Pick<EventView, 'status' | 'reason' | 'attempts' | 'attemptsMax'>): string {
  switch (status) {
    case 'received':
      return attempts === 0
        ? 'It is recorded and waits for a worker.'
        : `Attempt ${attempts} of ${attemptsMax} failed. It is tried again by itself.`;
    case 'applied':
      return 'It told something new, and the payment follows it.';
    case 'noop':
      return NOOPS[reason ?? ''] ?? 'It changed nothing.';
    case 'ignored':
      return 'Its type says nothing about a payment. That is a normal end.';
    case 'dead':
      return 'It could not be applied, and nobody tries again before a person says so.';
    case 'discarded':
      return 'A person gave it up. It stays here, and can be replayed as long as its payload is kept.';
    default:
      return '';
  }
}

const NOOPS: Readonly<Record<string, string>> = {
  repeated: 'Everything it says was known already, so nothing changed.',
  stale: 'What it says is kept, and changes nothing: newer facts count more.',
  waiting_for_payment:
    'It names a part of a payment that is not known yet. It counts as soon as the payment is.',
};

/** What helps against a failure; null: nobody has written that down. */
export function adviseOn(code: string): string | null {
  if (!Object.hasOwn(ERRORS, code)) return null;
  const known = ADVICE[code as ErrorCode];
  if (known !== undefined) return known;
  return ERRORS[code as ErrorCode].next === 'dead' ? NEEDS_CODE : MAY_HAVE_PASSED;
}

const NEEDS_CODE =
  'Trying again as it is ends the same way. Look at the payload; once the code that reads it is corrected and deployed, replay it.';
const MAY_HAVE_PASSED =
  'The attempts ran out on trouble that may have passed. See that it has, then replay it.';

const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  needs_provider_api:
    'The event only names what changed, and the provider has to be asked. Configure its API key, start anew, and replay it.',
  payload_not_kept:
    'Nobody can read what it said any more, so it cannot be replayed. Discard it; ask the provider for its event if it matters.',
  provider_not_configured:
    'The provider has to be asked. Configure its API key, start anew, and replay it.',
  transition_impossible:
    'The facts lead to a move that must never happen: a defect. Keep the event, tell the developers, and replay it after the correction.',
  process_ended:
    'Each time that it was worked on the process died, or hung. Have that mended and deployed first: a replay may end processes again.',
  consumer_silent:
    'The consumer took the message and reported nothing. See that it runs, then replay it.',
  consumer_refused:
    'The consumer said that trying again cannot help. Correct what it complains about, then replay it.',
};
