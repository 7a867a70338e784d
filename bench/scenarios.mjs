import { installBaselines } from './baselines.mjs';
import { COMMAND_CONTENDERS } from './commands/contenders.mjs';
import { describeCommandTurn, renderCommandReport } from './commands/report.mjs';
import { takeCommandTurn } from './commands/turn.mjs';
import { CONTENDERS } from './contenders.mjs';
import { describeTurn, renderReport } from './report.mjs';
import { takeTurn } from './turn.mjs';

/**
 * What can be measured, by name.
 *
 * @typedef {object} Scenario
 * @property {string} title of its results
 * @property {object[]} contenders who take turns in each round
 * @property {boolean} hasRedis whether any of them may need one
 * @property {() => void} prepare what must be there before the first turn
 * @property {Function} takeTurn @property {Function} describeTurn @property {Function} renderReport
 */

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  deliveries: {
    title: 'Acknowledging deliveries',
    contenders: CONTENDERS,
    hasRedis: true,
    prepare: installBaselines,
    takeTurn,
    describeTurn,
    renderReport,
  },
  commands: {
    title: 'Creating orders under an idempotency key',
    contenders: COMMAND_CONTENDERS,
    hasRedis: false,
    prepare: () => undefined,
    takeTurn: takeCommandTurn,
    describeTurn: describeCommandTurn,
    renderReport: renderCommandReport,
  },
};
