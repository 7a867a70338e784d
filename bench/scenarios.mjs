import { commands } from './scenarios/commands.mjs';
import { costs } from './scenarios/costs.mjs';
import { deliveries } from './scenarios/deliveries.mjs';
import { drain } from './scenarios/drain.mjs';
import { duplicates } from './scenarios/duplicates.mjs';
import { endToEnd } from './scenarios/end-to-end.mjs';
import { flood } from './scenarios/flood.mjs';
import { inboxSize } from './scenarios/inbox-size.mjs';
import { latency } from './scenarios/latency.mjs';
import { memory } from './scenarios/memory.mjs';
import { pools } from './scenarios/pools.mjs';

const ALL = [
  deliveries,
  latency,
  endToEnd,
  drain,
  costs,
  duplicates,
  flood,
  inboxSize,
  memory,
  commands,
  pools,
];

/**
 * What can be measured, by name, in the order in which a round takes them.
 * @type {Record<string, import('./scenario.mjs').Scenario>}
 */
export const SCENARIOS = Object.fromEntries(ALL.map((scenario) => [scenario.name, scenario]));
