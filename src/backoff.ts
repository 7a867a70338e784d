/** How long to wait between attempts. */
export interface BackoffOptions {
  readonly baseSeconds: number;
  readonly factor: number;
  readonly capSeconds: number;
}

/**
 * Exponential backoff with full jitter: anything between nothing and the bound, so that events
 * that failed together do not come back together.
 *
 * @param failedAttempts 1 after the first failure
 * @param random a number from 0 to 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  options: BackoffOptions,
  failedAttempts: number,
  random: number = Math.random(),
): number {
  const { baseSeconds, factor, capSeconds } = options;
  const boundSeconds = Math.min(capSeconds, baseSeconds * factor ** (failedAttempts - 1));
  return Math.round(boundSeconds * 1000 * random);
}
