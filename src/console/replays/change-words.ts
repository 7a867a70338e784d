import type { DryRunView } from '../../ops/replays/dry-run-replay.js';
import { formatMinor } from '../format-money.js';

export type Change = DryRunView['changes'][number];
export type FieldChange = NonNullable<Change['payment']>['changes'][number];

/** How many of the changes end in which outcome, most frequent first. */
export function countOutcomes(changes: readonly Change[]): [outcome: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { outcome } of changes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** `amountCapturedMinor` → `amount captured`. */
export function nameField(field: string): string {
  return field.replace(/Minor$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A value of a field as people read it. */
export function describeValue(field: string, value: unknown, currency: string | null): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'number' && field.endsWith('Minor')) return formatMinor(value, currency);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What is worth a line: of something new it goes without saying that nothing is refunded yet. */
export function tellingChanges(
  changes: readonly FieldChange[],
  isNew: boolean,
): readonly FieldChange[] {
  if (!isNew) return changes;
  return changes.filter(
    ({ field, after }) => after !== 0 && (field !== 'unknownOutcome' || after === true),
  );
}
