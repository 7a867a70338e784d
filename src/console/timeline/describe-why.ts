import type { TimelineActor } from '../../ops/timeline/timeline-entry.js';
import { formatMinor } from '../format-money.js';

const AMOUNT = /^(\d{1,16}) ([A-Z]{3})(?=$|:)/;
const AT_STAKE = /^(\d{1,16}) minor units are at stake$/;

/**
 * Why something happened, as a timeline tells it, with the amount written as people write it.
 * @param currency of what the timeline is about; null: nobody has said it yet
 */
export function describeWhy(why: string, currency: string | null): string {
  const [, atStake] = AT_STAKE.exec(why) ?? [];
  if (atStake !== undefined) return `${formatMinor(BigInt(atStake), currency)} are at stake`;
  return why.replace(AMOUNT, (_, amount: string, code: string) =>
    formatMinor(BigInt(amount), code),
  );
}

/** Who or what brought something about. */
export function describeActor({ kind, name }: TimelineActor): string {
  if (kind === 'provider' && name === 'event') return 'an event of the provider';
  return kind === 'person' ? name : `${kind} ${name.replaceAll('_', ' ')}`;
}
