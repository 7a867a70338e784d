import type { z } from 'zod';
import { TollgateError } from './errors.js';

/**
 * What somebody sent, as the schema reads it.
 * @throws TollgateError `bad_request` naming every part that cannot be used
 */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((one) => [...one.path, one.message].join(': '));
  throw new TollgateError('bad_request', problems.join('; ').slice(0, MESSAGE_CHARACTERS_MAX));
}

/** A body can be wrong in thousands of places, and the answer may be stored. */
const MESSAGE_CHARACTERS_MAX = 2000;
