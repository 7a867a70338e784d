import { Command, CommandRunner } from 'nest-commander';
import { usageError } from '../cli-error.js';
import { describeOptions, EVENT_FILTERS, type CommandLine } from '../options.js';
import { carryOut, type CarryOutOptions } from '../replays/carry-out.js';
import { select, type SelectionOptions } from '../replays/select.js';
import { runCommand } from '../run-command.js';
import { BULK_OPTIONS } from './replay.command.js';

type Options = SelectionOptions & CarryOutOptions & { readonly reason?: string };

@Command({
  name: 'discard',
  arguments: '[ids...]',
  description: 'declare dead events, or dead messages of a consumer, done with; needs --reason',
})
export class DiscardCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, [...EVENT_FILTERS, ...BULK_OPTIONS]));
  }

  run(ids: string[]): Promise<void> {
    return runCommand<Options>(this.command, async (cli, options) => {
      const { reason, dryRun, yes, wait, perSecond, ...filter } = options;
      if (reason === undefined) throw usageError('say why with --reason');
      const wish = { action: 'discard', reason } as const;
      return carryOut(cli, wish, select(ids, filter), { dryRun, yes, wait, perSecond });
    });
  }
}
