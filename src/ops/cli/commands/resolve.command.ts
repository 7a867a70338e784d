import { randomUUID } from 'node:crypto';
import { Command, CommandRunner } from 'nest-commander';
import { segment } from '../api.js';
import type { ReviewView } from '../api-views.js';
import { usageError } from '../cli-error.js';
import { decisionBlocks } from '../format/format-review.js';
import { describeOptions, wholeNumber, type CommandLine } from '../options.js';
import { runCommand } from '../run-command.js';

interface Options {
  readonly accept?: true;
  readonly refund?: true;
  readonly dismiss?: true;
  readonly reason?: string;
  readonly payment?: string;
  readonly amount?: number;
  readonly key?: string;
}

const RESOLUTIONS = ['accept', 'refund', 'dismiss'] as const;

@Command({
  name: 'resolve',
  arguments: '<review-id>',
  description: 'decide a review; some decisions a second person has to confirm by the same command',
})
export class ResolveCommand extends CommandRunner {
  override setCommand(command: CommandLine): this {
    return super.setCommand(
      describeOptions(command, [
        { flags: '--accept', description: 'it is right as it is' },
        { flags: '--refund', description: 'give the money back' },
        { flags: '--dismiss', description: 'it does not matter' },
        { flags: '--reason <text>', description: 'why; everybody will read it' },
        { flags: '--payment <id>', description: 'with --refund: of this payment' },
        {
          flags: '--amount <number>',
          description: 'with --refund: so much, in minor units',
          parse: (value) => wholeNumber('--amount', value, 1, Number.MAX_SAFE_INTEGER),
        },
        { flags: '--key <key>', description: 'idempotency key: of a run whose outcome is unknown' },
      ]),
    );
  }

  run([id = '']: string[]): Promise<void> {
    return runCommand<Options>(this.command, async ({ api, terminal }, options) => {
      const body = toBody(options);
      const key = options.key ?? randomUUID();
      const path = `/v1/reviews/${segment(id)}/resolve`;
      if (body.resolution === 'refund') terminal.note(`idempotency key ${key}`);
      const review = await api.post<ReviewView>(path, body, { 'idempotency-key': key });
      return { document: review, blocks: decisionBlocks(review) };
    });
  }
}

/** @throws CliError unless exactly one decision is named, with its reason */
function toBody({ reason, payment, amount, ...options }: Options) {
  const [resolution, ...others] = RESOLUTIONS.filter((one) => options[one]);
  if (resolution === undefined || others.length > 0) {
    throw usageError('name one of --accept, --refund and --dismiss');
  }
  if (reason === undefined) throw usageError('say why with --reason');
  if (resolution !== 'refund' && (payment !== undefined || amount !== undefined)) {
    throw usageError('--payment and --amount say what is given back: only with --refund');
  }
  return { resolution, reason, paymentId: payment, amountMinor: amount };
}
