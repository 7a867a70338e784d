import { Command, CommandRunner, SubCommand } from 'nest-commander';
import { segment } from '../api.js';
import type { ReplayView } from '../api-views.js';
import { replayBlocks, replayTable } from '../format/format-replay.js';
import { runList, type PageOptions } from '../list.js';
import { describeOptions, PAGE_OPTIONS, type CommandLine } from '../options.js';
import { runCommand, type Cli, type Result } from '../run-command.js';

@SubCommand({ name: 'show', arguments: '<id>', description: 'show one' })
export class ShowReplayCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand(this.command, async ({ api }) =>
      toResult(await api.get<ReplayView>(`/v1/replays/${segment(id)}`)),
    );
  }
}

@SubCommand({ name: 'pause', arguments: '<id>', description: 'let one rest until it is resumed' })
export class PauseReplayCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand(this.command, (cli) => steer(cli, id, 'pause'));
  }
}

@SubCommand({ name: 'resume', arguments: '<id>', description: 'let one that was paused go on' })
export class ResumeReplayCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand(this.command, (cli) => steer(cli, id, 'resume'));
  }
}

@SubCommand({ name: 'cancel', arguments: '<id>', description: 'leave the rest of one as it is' })
export class CancelReplayCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand(this.command, (cli) => steer(cli, id, 'cancel'));
  }
}

@Command({
  name: 'replays',
  description: 'list replays and discards of many, newest first; show, pause, resume or cancel one',
  subCommands: [ShowReplayCommand, PauseReplayCommand, ResumeReplayCommand, CancelReplayCommand],
})
export class ReplaysCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const status = {
      flags: '--status <status>',
      description: 'running, paused, cancelled or done',
    };
    return super.setCommand(describeOptions(command, [status, ...PAGE_OPTIONS]));
  }

  run(): Promise<void> {
    return runCommand<PageOptions>(this.command, (cli, { limit, all, ...filter }) =>
      runList<ReplayView>(
        cli,
        { path: '/v1/replays', query: filter, toTable: replayTable },
        { limit, all },
      ),
    );
  }
}

async function steer(
  { api }: Cli,
  id: string,
  wish: 'pause' | 'resume' | 'cancel',
): Promise<Result> {
  return toResult(await api.post<ReplayView>(`/v1/replays/${segment(id)}/${wish}`));
}

function toResult(replay: ReplayView): Result {
  return { document: replay, blocks: replayBlocks(replay) };
}
