import { COMMAND_CONTENDERS } from '../commands/contenders.mjs';
import { describeCommandTurn, renderCommandReport } from '../commands/report.mjs';
import { takeCommandTurn } from '../commands/turn.mjs';
import { defineScenario } from '../scenario.mjs';

/** What an idempotency key costs. */
export const commands = defineScenario({
  name: 'commands',
  title: 'Creating orders under an idempotency key',
  contenders: COMMAND_CONTENDERS,
  prepare: () => undefined,
  takeTurn: takeCommandTurn,
  describeTurn: describeCommandTurn,
  renderReport: renderCommandReport,
});
