import type { ChangeView, DryRunView, FieldChange } from '../api-views.js';
import type { Block } from '../render.js';
import { styleOf } from './outcome-style.js';

/** What a dry run found: for each event what it would change, as a diff. */
export function dryRunBlocks({ matched, examined, changes }: DryRunView): Block[] {
  const rest = examined < matched ? `, ${examined} of them examined` : '';
  return [...changes.flatMap(changeBlocks), `${matched} matched${rest}; nothing was changed`];
}

function changeBlocks(change: ChangeView): Block[] {
  const { eventId, provider, type, outcome, error, payment, order, reviews, messages } = change;
  const failure = error === null ? '' : ` ${error.code}: ${error.message}`;
  return [
    [
      { text: eventId, style: 'title' },
      `  ${provider} ${type}  → `,
      { text: outcome, style: styleOf(outcome) },
      failure,
    ],
    ...(payment === null ? [] : diffOf(`payment ${payment.id ?? '(new)'}`, payment.changes)),
    ...(order === null ? [] : diffOf(`order ${order.reference}`, order.changes)),
    ...reviews.map(({ reason, status }) => `  review ${reason}: ${status}`),
    ...(messages.length === 0 ? [] : [`  tells ${messages.join(', ')}`]),
  ];
}

function diffOf(subject: string, changes: readonly FieldChange[]): Block[] {
  if (changes.length === 0) return [];
  return [
    `  ${subject}`,
    ...changes.flatMap(({ field, before, after }): Block[] => [
      { text: `  - ${field}: ${showValue(before)}`, style: 'bad' },
      { text: `  + ${field}: ${showValue(after)}`, style: 'good' },
    ]),
  ];
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
