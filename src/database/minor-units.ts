import type { ValueTransformer } from 'typeorm';

/**
 * A bigint column of minor units as a JSON integer. `pg` gives it as a string; the CHECK of the
 * column keeps it within ±(2^53−1), so nothing is rounded.
 */
export const minorUnits: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : Number(value)),
  to: (value: number | null) => value,
};
