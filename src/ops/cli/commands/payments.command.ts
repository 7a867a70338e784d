import { Command, CommandRunner } from 'nest-commander';
import { segment } from '../api.js';
import type { PaymentView, TimelineEntryView } from '../api-views.js';
import { paymentBlocks, paymentTable } from '../format/format-payment.js';
import { timelineBlocks } from '../format/format-timeline.js';
import { runList, type PageOptions } from '../list.js';
import { describeOptions, PAGE_OPTIONS, type CommandLine } from '../options.js';
import { runCommand, type Cli, type Result } from '../run-command.js';

@Command({
  name: 'payments',
  arguments: '[id]',
  description: 'list payments, newest first; with an id, show one with its timeline',
})
export class PaymentsCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    const filters = [
      { flags: '--provider <name>', description: 'of this provider' },
      { flags: '--account <name>', description: 'of this account at the provider' },
      { flags: '--provider-payment-id <id>', description: 'with this id at the provider' },
      { flags: '--status <status>', description: 'pending, paid, refunded, failed, …' },
    ];
    return super.setCommand(describeOptions(command, [...filters, ...PAGE_OPTIONS]));
  }

  run([id]: string[]): Promise<void> {
    return runCommand<PageOptions>(this.command, (cli, { limit, all, ...filter }) =>
      id === undefined
        ? runList<PaymentView>(
            cli,
            { path: '/v1/payments', query: filter, toTable: paymentTable },
            { limit, all },
          )
        : showPayment(cli, id),
    );
  }
}

/** One payment, with all that happened to it. */
export async function showPayment({ api }: Cli, id: string): Promise<Result> {
  const payment = await api.get<PaymentView & { readonly timeline: readonly TimelineEntryView[] }>(
    `/v1/payments/${segment(id)}`,
  );
  return {
    document: payment,
    blocks: [...paymentBlocks(payment), ...timelineBlocks(payment.timeline)],
  };
}
