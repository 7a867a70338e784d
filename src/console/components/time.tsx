import { describeAge } from '../describe-age.js';
import { usePage } from '../page-context.js';
import { Dash } from './money.js';

/** A point in time, in UTC, and how long ago that is; a dash when there is none. */
export function Time({
  at,
  isBrief = false,
}: {
  readonly at: Date | string | null;
  /** Only how long ago; the time itself is behind the pointer. */
  readonly isBrief?: boolean;
}) {
  const { now } = usePage();
  if (at === null) return <Dash />;
  const date = new Date(at);
  const utc = `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const age = describeAge(date, now);
  return (
    <time class={isBrief ? 'time brief' : 'time'} dateTime={date.toISOString()} title={utc}>
      {isBrief ? age : utc}
      {!isBrief && <span class="age"> {age}</span>}
    </time>
  );
}
