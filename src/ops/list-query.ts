import { z } from 'zod';

/** A page of a list, newest first. */
export interface Page<T> {
  readonly data: readonly T[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
}

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;
const TEXT_MAX = 255;

/** Free text of a filter: bounded, and without what PostgreSQL cannot store. */
export const text = z
  .string()
  .min(1)
  .max(TEXT_MAX)
  .refine((value) => !value.includes('\u0000'));
export const uuid = z.uuid();
/** ISO 8601 with an offset. */
export const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value));
/** Why somebody does something, as the audit keeps it. */
export const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'must not hold control characters');

/** What every list takes: how many, and from where on. */
export const pageShape = {
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  cursor: z
    .string()
    .transform((cursor) => Buffer.from(cursor, 'base64url').toString('utf8'))
    .pipe(uuid)
    .optional(),
};

/** @param rows one more than the limit, when there is a next page */
export function toPage<R extends { readonly id: string }, T>(
  rows: readonly R[],
  limit: number,
  present: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor =
    rows.length > limit && last ? Buffer.from(last.id).toString('base64url') : null;
  return { data: shown.map(present), nextCursor };
}
