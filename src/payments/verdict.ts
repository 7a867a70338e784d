import { TollgateError } from '../errors.js';

/**
 * What a pair of states means: `same` moves nothing; `move` writes a transition; `review` writes
 * it and a person is asked, because the facts contradict each other; `never` cannot happen and is
 * a defect of ours: the event becomes a dead letter with `transition_impossible`.
 */
export type Verdict = 'same' | 'move' | 'review' | 'never';

/** @throws TollgateError `transition_impossible`: a defect of ours, never bad luck */
export function assertMove(verdict: Verdict, from: string, to: string): void {
  if (verdict !== 'never') return;
  throw new TollgateError(
    'transition_impossible',
    `the facts lead from ${from} to ${to}, which the table says cannot happen`,
  );
}
