import { setTimeout as delay } from 'node:timers/promises';

const TIMEOUT_MS_DEFAULT = 10_000;
const PAUSE_MS = 25;

/**
 * Repeats an assertion until it holds, and returns what it returns.
 * @throws whatever the assertion threw last, once `timeoutMs` is over
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { timeoutMs = TIMEOUT_MS_DEFAULT }: { readonly timeoutMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(PAUSE_MS);
    }
  }
}
