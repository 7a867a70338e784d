import { Command, CommandRunner, SubCommand } from 'nest-commander';
import { segment } from '../api.js';
import type { DeadLettersView, EventView, MessageView } from '../api-views.js';
import { deadLetterBlocks, messageTable } from '../format/format-dead-letters.js';
import { eventTable } from '../format/format-event.js';
import { runList, type PageOptions } from '../list.js';
import { describeOptions, EVENT_FILTERS, PAGE_OPTIONS, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

interface Options extends PageOptions {
  readonly consumer?: string;
}

@SubCommand({ name: 'list', description: 'list dead letters one by one, newest first' })
export class DeadListCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const consumer = {
      flags: '--consumer <name>',
      description: 'messages that this consumer could not use, instead of events',
    };
    return super.setCommand(
      describeOptions(command, [consumer, ...EVENT_FILTERS, ...PAGE_OPTIONS]),
    );
  }

  run(): Promise<void> {
    return runCommand<Options>(this.command, (cli, { limit, all, consumer, ...filter }) => {
      const query = { status: 'dead', ...filter };
      const page = { limit, all };
      if (consumer === undefined) {
        return runList<EventView>(cli, { path: '/v1/events', query, toTable: eventTable }, page);
      }
      const path = `/v1/consumers/${segment(consumer)}/messages`;
      return runList<MessageView>(cli, { path, query, toTable: messageTable }, page);
    });
  }
}

@Command({
  name: 'dead',
  description: 'count dead letters by reason: events, and messages of consumers',
  subCommands: [DeadListCommand],
})
export class DeadCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(describeOptions(command, []));
  }

  run(): Promise<void> {
    return runCommand(this.command, async ({ api }) => {
      const document = await api.get<DeadLettersView>('/v1/dead-letters');
      return { document, blocks: deadLetterBlocks(document, new Date()) };
    });
  }
}
