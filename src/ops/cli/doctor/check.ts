/** What was looked at, how it is, and what to do about it. */
export interface Check {
  readonly name: string;
  /** `warn`: it works, but not for long or not as well; `fail`: it does not work. */
  readonly result: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly found: string;
  /** Null where nothing has to be done. */
  readonly advice: string | null;
}

export function ok(name: string, found: string): Check {
  return { name, result: 'ok', found, advice: null };
}

export function warn(name: string, found: string, advice: string): Check {
  return { name, result: 'warn', found, advice };
}

export function fail(name: string, found: string, advice: string): Check {
  return { name, result: 'fail', found, advice };
}

export function skipped(name: string, found: string, advice: string | null = null): Check {
  return { name, result: 'skipped', found, advice };
}

/** What an error says, on one line; of several addresses that were tried, what the first one said. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return describeError(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
