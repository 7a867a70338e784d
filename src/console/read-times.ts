const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const HOUR = 3600;
const DAY = 86_400;

/** How old something may be, as a filter form offers it: seconds before now. */
const AGES: ReadonlyMap<string, { readonly from?: number; readonly to?: number }> = new Map([
  ['last_hour', { from: HOUR }],
  ['last_day', { from: DAY }],
  ['last_week', { from: 7 * DAY }],
  ['over_an_hour', { to: HOUR }],
  ['over_a_day', { to: DAY }],
  ['over_a_week', { to: 7 * DAY }],
]);
export const AGE_OPTIONS: readonly string[] = [...AGES.keys()];

type Filters = Readonly<Record<string, string>>;

/**
 * Filters as the functions of `ops` take them: an `age`, and times as people write them in `from`
 * and `to`, become points in time. What cannot be read stays, and is refused there with its name.
 */
export function withTimes(filters: Filters, now: Date): Filters {
  const { age, ...given } = filters;
  const range = age === undefined ? {} : AGES.get(age);
  if (!range) return filters;
  const ago = (seconds: number | undefined) =>
    seconds === undefined ? undefined : toIso(now.getTime() - seconds * 1000);
  const from = given['from'] === undefined ? ago(range.from) : readTime(given['from'], now);
  const to = given['to'] === undefined ? ago(range.to) : readTime(given['to'], now);
  return { ...given, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

/** `30m`, `2h`, `3d`: so long ago; `2026-11-22`, `2026-11-22 14:00`: in UTC; ISO 8601 as it is. */
function readTime(text: string, now: Date): string {
  const [, number, unit = ''] = /^(\d{1,5}) ?([mhd])$/.exec(text) ?? [];
  const unitSeconds = SECONDS_PER_UNIT[unit];
  if (unitSeconds !== undefined) return toIso(now.getTime() - Number(number) * unitSeconds * 1000);
  const [, day, time = '00:00'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?(?: ?UTC|Z)?$/.exec(text) ?? [];
  const at = Date.parse(`${day ?? ''}T${time}Z`);
  return Number.isNaN(at) ? text : toIso(at);
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** What a field for such a time shows as an example. */
export const TIME_EXAMPLE = '2h, 3d or 2026-11-22 14:00';
