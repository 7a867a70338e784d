import { Command, CommandRunner } from 'nest-commander';
import { describeOptions, wholeNumber, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

interface Options {
  readonly times?: number;
  readonly shuffle?: true;
  readonly account?: string;
}

const TIMES_MAX = 10_000;

@Command({
  name: 'send',
  arguments: '[provider] [samples...]',
  description: 'play the provider: sign samples of its webhooks and deliver them; for trying out',
})
export class SendCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(
      describeOptions(command, [
        {
          flags: '--times <number>',
          description: 'deliver each sample so often (default: 1)',
          parse: (value) => wholeNumber('--times', value, 1, TIMES_MAX),
        },
        { flags: '--shuffle', description: 'deliver in random order' },
        {
          flags: '--account <name>',
          description: 'to /webhooks/<provider>/<name>, signed with its secret',
        },
      ]),
    );
  }

  run([provider = '', ...samples]: string[]): Promise<void> {
    return runCommand<Options>(this.command, async (cli, options) => {
      const { times = 1, shuffle = false, account = 'default' } = options;
      // Knows all providers and the whole configuration; the other commands need neither.
      const { sendSamples } = await import('../send/send-samples.js');
      return sendSamples(cli, provider, samples, { times, shuffle, account });
    });
  }
}
