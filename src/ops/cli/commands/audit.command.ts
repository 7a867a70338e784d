import { Command, CommandRunner } from 'nest-commander';
import type { AuditView } from '../api-views.js';
import { auditTable } from '../format/format-audit.js';
import { runList, type PageOptions } from '../list.js';
import { describeOptions, PAGE_OPTIONS, TIME_OPTIONS, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

@Command({ name: 'audit', description: 'list what people did, newest first' })
export class AuditCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const filters = [
      { flags: '--actor <name>', description: 'by this person' },
      { flags: '--action <action>', description: 'event.replay, review.resolve, …' },
      { flags: '--subject <id>', description: 'done to this event, review, replay or consumer' },
      ...TIME_OPTIONS,
    ];
    return super.setCommand(describeOptions(command, [...filters, ...PAGE_OPTIONS]));
  }

  run(): Promise<void> {
    return runCommand<PageOptions>(this.command, (cli, { limit, all, ...filter }) =>
      runList<AuditView>(
        cli,
        { path: '/v1/audit', query: filter, toTable: auditTable },
        { limit, all },
      ),
    );
  }
}
