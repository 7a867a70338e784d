/**
 * What the exit code of every command means: the one table. `tollgate --help` prints it, and
 * docs/cli.md is held against it by a test.
 */
export const EXIT_CODES = {
  done: { code: 0, means: 'done' },
  failed: {
    code: 1,
    means: 'something failed: doctor found a problem, or an event that was sent through died again',
  },
  usage: { code: 2, means: 'wrong usage, or a confirmation is missing' },
  not_allowed: { code: 3, means: 'not allowed: no token, a wrong one, or one of another role' },
  not_found: { code: 4, means: 'there is no such thing' },
  unreachable: { code: 5, means: 'the service does not answer, or cannot at the moment (503)' },
  refused: { code: 6, means: 'refused, because of the state that something is in (409, 422)' },
} as const satisfies Record<string, { readonly code: number; readonly means: string }>;

/** How a command ended. */
export type Exit = keyof typeof EXIT_CODES;

/** Statuses of answers that are no success; any other one is `failed`. */
const EXIT_BY_STATUS: Readonly<Record<number, Exit>> = {
  400: 'usage',
  401: 'not_allowed',
  403: 'not_allowed',
  404: 'not_found',
  409: 'refused',
  413: 'usage',
  422: 'refused',
  503: 'unreachable',
};

/** How a command ends whose request was answered like this. */
export function exitOfStatus(status: number): Exit {
  return EXIT_BY_STATUS[status] ?? 'failed';
}

/** The lines under `tollgate --help`. */
export function describeExitCodes(): string {
  const lines = Object.values(EXIT_CODES).map(({ code, means }) => `  ${code}  ${means}`);
  return ['Exit codes:', ...lines].join('\n');
}
