import { Command, CommandRunner } from 'nest-commander';
import { describeOptions, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';
import { showAnything } from '../show-anything.js';

@Command({
  name: 'show',
  arguments: '<id>',
  description:
    'show an event, payment, review or order by our id, its reference, or that of the provider',
})
export class ShowCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand(this.command, (cli) => showAnything(cli, id));
  }
}
