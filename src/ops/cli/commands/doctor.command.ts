import { Command, CommandRunner } from 'nest-commander';
import { checkBlocks } from '../format/format-checks.js';
import { describeOptions, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

@Command({
  name: 'doctor',
  description: 'check configuration, database, Redis and service; needs none of them to run',
})
export class DoctorCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run(): Promise<void> {
    return runCommand(this.command, async (cli) => {
      // The only command that needs the libraries of the service.
      const { runDoctor } = await import('../doctor/run-doctor.js');
      const checks = await runDoctor(cli);
      const hasFailed = checks.some(({ result }) => result === 'fail');
      return {
        document: { result: hasFailed ? 'fail' : 'ok', checks },
        blocks: checkBlocks(checks),
        exit: hasFailed ? 'failed' : 'done',
      };
    });
  }
}
