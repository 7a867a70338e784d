import { idAt } from '../database/id-time.js';

/**
 * A week of bodies, from a Monday (UTC) to the next: what one partition of `inbox_bodies` holds. A
 * week and not a day, since every look at a body locks and plans with as many partitions as there
 * are: thirteen for three months, and not ninety.
 */
export interface BodyWeek {
  /** Name of its partition. */
  readonly name: string;
  readonly fromMs: number;
  /** Belongs to the next one. */
  readonly toMs: number;
  /** The least id of the week. */
  readonly fromId: string;
  /** The least id of the next one. */
  readonly toId: string;
}

export const WEEK_MS = 7 * 86_400_000;
/** A Monday. 1970 began on a Thursday. */
const FIRST_MONDAY_MS = 4 * 86_400_000;

/** The week in which a time lies. */
export function weekOf(timeMs: number): BodyWeek {
  const weeks = Math.floor((timeMs - FIRST_MONDAY_MS) / WEEK_MS);
  const fromMs = FIRST_MONDAY_MS + weeks * WEEK_MS;
  const toMs = fromMs + WEEK_MS;
  const day = new Date(fromMs).toISOString().slice(0, 10).replaceAll('-', '');
  return { name: `inbox_bodies_${day}`, fromMs, toMs, fromId: idAt(fromMs), toId: idAt(toMs) };
}

/** The week of a time, and those after it. */
export function weeksFrom(timeMs: number, ahead: number): BodyWeek[] {
  return Array.from({ length: ahead + 1 }, (_none, n) => weekOf(timeMs + n * WEEK_MS));
}
