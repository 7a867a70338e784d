import { Command, CommandRunner } from 'nest-commander';
import type { EventView } from '../api-views.js';
import { eventTable } from '../format/format-event.js';
import { runList, type PageOptions } from '../list.js';
import {
  describeOptions,
  EVENT_FILTERS,
  PAGE_OPTIONS,
  STATUS_OPTION,
  type CommandLine,
} from '../options.js';
import { runCommand } from '../run-command.js';

interface Options extends PageOptions {
  readonly status?: string;
  readonly eventId?: string;
}

@Command({ name: 'events', description: 'list events, newest first' })
export class EventsCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const eventId = { flags: '--event-id <id>', description: 'with this id at the provider' };
    return super.setCommand(
      describeOptions(command, [STATUS_OPTION, eventId, ...EVENT_FILTERS, ...PAGE_OPTIONS]),
    );
  }

  run(): Promise<void> {
    return runCommand<Options>(this.command, (cli, { limit, all, ...filter }) =>
      runList<EventView>(
        cli,
        { path: '/v1/events', query: filter, toTable: eventTable },
        { limit, all },
      ),
    );
  }
}
