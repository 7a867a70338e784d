import { z } from 'zod';
import type { Config } from './config.js';
import { DEVELOPMENT_TOKEN, firstPlainToken } from './tokens.js';

/** What programs read that speak to a running service. */
export const clientSchema = z.object({
  TOLLGATE_TOKEN: z
    .string()
    .optional()
    .describe('token with which npm run send reads what became of an event'),
});

/**
 * The token of a program that speaks to the service: its own, else the first of `API_TOKENS` that
 * is not a digest, else that of development. Null when there is none.
 */
export function readClientToken(
  environment: Readonly<Record<string, string | undefined>>,
  { usesDevelopmentToken }: Pick<Config, 'usesDevelopmentToken'>,
): string | null {
  const { TOLLGATE_TOKEN } = clientSchema.parse(environment);
  if (TOLLGATE_TOKEN) return TOLLGATE_TOKEN;
  if (usesDevelopmentToken) return DEVELOPMENT_TOKEN;
  return firstPlainToken(environment['API_TOKENS'] ?? '');
}

/** {@link readClientToken} of this process. */
export function loadClientToken(config: Pick<Config, 'usesDevelopmentToken'>): string | null {
  return readClientToken(process.env, config);
}
