import type { z } from 'zod';
import { readFailPoint, type ArmedPoint } from '../fail-points.js';

/** Reads fail points, comma-separated; every entry that cannot be used is a problem. */
export function parseFailPoints(value: string, context: z.RefinementCtx): ArmedPoint[] {
  const entries = value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return entries.flatMap((entry) => {
    const point = readFailPoint(entry);
    if (typeof point !== 'string') return [point];
    context.addIssue({ code: 'custom', message: point });
    return [];
  });
}
