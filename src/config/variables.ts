import { z } from 'zod';
import { readRedisAddress } from '../redis-address.js';

/** A whole number within limits; every one of them has an upper limit, so a typo cannot hang us. */
export const integer = (min: number, max: number, fallback: number) =>
  wholeNumber(min, max).default(fallback);

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

/** An address with one of these schemes. */
export const optionalUrl = (protocols: readonly string[]) =>
  z
    .string()
    .optional()
    .refine((value) => value === undefined || protocols.some((one) => value.startsWith(one)), {
      message: `must start with ${protocols.join(' or ')}`,
    });

/** One Redis, a cluster or Sentinels: what {@link readRedisAddress} can read. */
export const redisUrl = z
  .string()
  .optional()
  .superRefine((value, context) => {
    if (value === undefined) return;
    try {
      readRedisAddress(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** Scheme, host and port alone: the paths are the provider's. */
export const apiBase = z
  .string()
  .optional()
  .refine((value) => value === undefined || isOrigin(value), {
    message: 'expected http(s)://host[:port] without a path',
  });

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, origin } = new URL(value);
  return /^https?:$/.test(protocol) && value.replace(/\/$/, '') === origin;
}

/** Comma-separated. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
);
