import { installBaselines } from './baselines.mjs';
import { describeTurn, renderReport } from './report.mjs';

/**
 * What can be measured.
 *
 * @typedef {object} Scenario
 * @property {string} name on the command line
 * @property {string} title of its part of RESULTS.md
 * @property {object[]} contenders who take turns in each round
 * @property {{ figure: string, head: string, digits: number }[]} columns of its table
 * @property {import('./goals.mjs').Goal[]} goals
 * @property {(options: object) => string[]} describe how it was measured, as lines of Markdown
 * @property {Function} takeTurn @property {Function} describeTurn @property {Function} renderReport
 * @property {() => void} prepare what must be there before the first turn
 * @property {number} [roundsMax] fewer rounds than the others have
 * @property {boolean} [isAskedFor] runs only when it is named
 */

/** A scenario whose turns are reported like those of most others. @returns {Scenario} */
export function defineScenario(scenario) {
  return { goals: [], prepare: installBaselines, describeTurn, renderReport, ...scenario };
}

/** Columns that several tables have. */
export const COLUMNS = {
  perSecond: { figure: 'perSecond', head: 'ack/s', digits: 0 },
  p50Ms: { figure: 'p50Ms', head: 'p50 ms', digits: 2 },
  p99Ms: { figure: 'p99Ms', head: 'p99 ms', digits: 1 },
  p999Ms: { figure: 'p999Ms', head: 'p99.9 ms', digits: 1 },
  idleP50Ms: { figure: 'idleP50Ms', head: 'idle p50 ms', digits: 2 },
  idleP99Ms: { figure: 'idleP99Ms', head: 'idle p99 ms', digits: 2 },
};
