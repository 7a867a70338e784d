import { Command, CommandRunner } from 'nest-commander';
import {
  describeOptions,
  EVENT_FILTERS,
  STATUS_OPTION,
  wholeNumber,
  type CommandLine,
  type OptionSpec,
} from '../options.js';
import { carryOut, type CarryOutOptions } from '../replays/carry-out.js';
import { select, type SelectionOptions } from '../replays/select.js';
import { runCommand } from '../run-command.js';

const PER_SECOND_MAX = 1000;

/** What a change of many events or messages takes. */
export const BULK_OPTIONS: readonly OptionSpec[] = [
  { flags: '--consumer <name>', description: 'dead messages of this consumer, instead of events' },
  { flags: '--reason <text>', description: 'why; it stands in the audit' },
  { flags: '--dry-run', description: 'change nothing; print what would change' },
  { flags: '--yes', description: 'do not ask, however many there are' },
  { flags: '--no-wait', description: 'do not wait until it is over' },
  {
    flags: '--per-second <number>',
    description: `at most so many in a second (1 to ${PER_SECOND_MAX})`,
    parse: (value) => wholeNumber('--per-second', value, 1, PER_SECOND_MAX),
  },
];

type Options = SelectionOptions & CarryOutOptions & { readonly reason?: string };

@Command({
  name: 'replay',
  arguments: '[ids...]',
  description: 'send events, or messages of a consumer, through again: by ids or by a filter',
})
export class ReplayCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(
      describeOptions(command, [STATUS_OPTION, ...EVENT_FILTERS, ...BULK_OPTIONS]),
    );
  }

  run(ids: string[]): Promise<void> {
    return runCommand<Options>(this.command, (cli, options) => {
      const { reason, dryRun, yes, wait, perSecond, ...filter } = options;
      const wish = { action: 'replay', reason } as const;
      return carryOut(cli, wish, select(ids, filter), { dryRun, yes, wait, perSecond });
    });
  }
}
