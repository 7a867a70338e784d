import { Module } from '@nestjs/common';
import { InjectCommander } from 'nest-commander';
import { AuditCommand } from './commands/audit.command.js';
import { DeadCommand, DeadListCommand } from './commands/dead.command.js';
import { DiscardCommand } from './commands/discard.command.js';
import { DoctorCommand } from './commands/doctor.command.js';
import { EventsCommand } from './commands/events.command.js';
import { PaymentsCommand } from './commands/payments.command.js';
import { ReplayCommand } from './commands/replay.command.js';
import {
  CancelReplayCommand,
  PauseReplayCommand,
  ReplaysCommand,
  ResumeReplayCommand,
  ShowReplayCommand,
} from './commands/replays.command.js';
import { ResolveCommand } from './commands/resolve.command.js';
import { ReviewsCommand } from './commands/reviews.command.js';
import { SendCommand } from './commands/send.command.js';
import { ShowCommand } from './commands/show.command.js';
import { describeExitCodes } from './exit-codes.js';
import type { CommandLine } from './options.js';

/** The commands, in the order in which `--help` lists them. */
@Module({
  providers: [
    EventsCommand,
    ShowCommand,
    DeadCommand,
    DeadListCommand,
    ReplayCommand,
    DiscardCommand,
    ReplaysCommand,
    ShowReplayCommand,
    PauseReplayCommand,
    ResumeReplayCommand,
    CancelReplayCommand,
    PaymentsCommand,
    ReviewsCommand,
    ResolveCommand,
    AuditCommand,
    DoctorCommand,
    SendCommand,
  ],
})
export class CliModule {
  constructor(@InjectCommander() command: CommandLine) {
    command
      .name('tollgate')
      .enablePositionalOptions() // of `dead list --json`, it is the list that is JSON
      .description('Looks after a running Tollgate: what came, what failed, what to do about it.')
      .addHelpText('after', `\n${describeExitCodes()}\n\nAll of it: docs/cli.md`);
  }
}
