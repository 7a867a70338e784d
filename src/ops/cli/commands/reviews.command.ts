import { Command, CommandRunner } from 'nest-commander';
import type { ReviewView } from '../api-views.js';
import { reviewTable } from '../format/format-review.js';
import { runList, type PageOptions } from '../list.js';
import { describeOptions, duration, PAGE_OPTIONS, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

interface Options extends PageOptions {
  readonly status?: string;
  readonly olderThan?: number;
}

@Command({ name: 'reviews', description: 'list reviews, open ones by default' })
export class ReviewsCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const filters = [
      { flags: '--status <status>', description: 'open (default), resolved or withdrawn' },
      { flags: '--reason <reason>', description: 'amount_mismatch, paid_twice, …' },
      { flags: '--order <reference>', description: 'of this order' },
      {
        flags: '--older-than <time>',
        description: 'open for longer than 2h, say',
        parse: duration,
      },
    ];
    return super.setCommand(describeOptions(command, [...filters, ...PAGE_OPTIONS]));
  }

  run(): Promise<void> {
    return runCommand<Options>(this.command, (cli, { limit, all, olderThan, ...filter }) => {
      const query = { status: 'open', olderThanSeconds: olderThan, ...filter };
      const now = new Date();
      const toTable = (reviews: readonly ReviewView[]) => reviewTable(reviews, now);
      return runList<ReviewView>(cli, { path: '/v1/reviews', query, toTable }, { limit, all });
    });
  }
}
