import { randomUUID } from 'node:crypto';
import type { DryRunView, ReplayView } from '../api-views.js';
import { dryRunBlocks } from '../format/format-change.js';
import { replayBlocks } from '../format/format-replay.js';
import type { Cli, Result } from '../run-command.js';
import { confirm } from './confirm.js';
import { discardOne, replayOne } from './one-event.js';
import { startProgress } from './progress.js';
import type { Selection } from './select.js';
import { countWaiting, exitOfReplay, waitForReplay } from './wait-for-replay.js';

export type Wish =
  | { readonly action: 'replay'; readonly reason: string | undefined }
  | { readonly action: 'discard'; readonly reason: string };

export interface CarryOutOptions {
  readonly dryRun?: boolean | undefined;
  /** False with `--no-wait`. */
  readonly wait: boolean;
  readonly yes?: boolean | undefined;
  readonly perSecond?: number | undefined;
}

/** Replays or discards what was selected: looks first, asks when it is more than one, then waits. */
export async function carryOut(
  cli: Cli,
  wish: Wish,
  selection: Selection,
  options: CarryOutOptions,
): Promise<Result> {
  const { dryRun = false, wait, yes = false, perSecond } = options;
  const body = { ...wish, ...selection, perSecond };
  const ids = 'ids' in selection ? selection.ids : null;
  if (!dryRun && ids?.length === 1 && selection.target === 'events') {
    const [id = ''] = ids;
    return wish.action === 'replay'
      ? replayOne(cli, id, { ...wish, wait })
      : discardOne(cli, id, wish.reason);
  }
  if (dryRun || ids?.length !== 1) {
    const found = await cli.api.post<DryRunView>('/v1/replays', { ...body, dryRun: true });
    if (dryRun || found.matched === 0) return { document: found, blocks: dryRunBlocks(found) };
    if (found.matched > 1) {
      await confirm(cli.terminal, `${wish.action} ${found.matched} ${selection.target}`, yes);
    }
  }
  return start(cli, body, wait);
}

async function start({ api, terminal }: Cli, body: object, wait: boolean): Promise<Result> {
  const headers = { 'idempotency-key': randomUUID() };
  const started = await api.post<ReplayView>('/v1/replays', body, headers);
  terminal.note(`started ${started.id}; it goes on by itself: tollgate replays show ${started.id}`);
  if (!wait) return { document: started, blocks: replayBlocks(started) };

  const progress = await startProgress(terminal);
  const replay = await waitForReplay(api, started, progress).finally(() => progress.stop());
  const waiting = countWaiting(replay);
  if (waiting > 0)
    terminal.note(`${waiting} have no outcome yet; they are tried again by themselves`);
  return { document: replay, blocks: replayBlocks(replay), exit: exitOfReplay(replay) };
}
