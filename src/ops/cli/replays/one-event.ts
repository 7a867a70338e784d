import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api.js';
import type { EventView } from '../api-views.js';
import { outcomeLine } from '../format/format-event.js';
import type { Cli, Result } from '../run-command.js';

type Replayed = EventView & { readonly isReplayed: boolean };
type Discarded = EventView & { readonly isDiscarded: boolean };

const PAUSE_MS = 200;
const OUTCOME_MS_MAX = 15_000;

/** Sends one event through again, and waits for its outcome. */
export async function replayOne(
  { api, terminal }: Cli,
  id: string,
  { reason, wait }: { readonly reason: string | undefined; readonly wait: boolean },
): Promise<Result> {
  const replayed = await api.post<Replayed>(`/v1/events/${id}/replay`, { reason });
  if (!replayed.isReplayed) terminal.note('it is on its way already: nothing was changed');
  const event = wait ? await waitForOutcome(api, replayed) : replayed;
  return {
    document: { ...replayed, ...event },
    blocks: [outcomeLine(event)],
    exit: event.outcome === 'dead' ? 'failed' : 'done',
  };
}

/** Declares that nothing more is to be done about a dead event. */
export async function discardOne(
  { api, terminal }: Cli,
  id: string,
  reason: string,
): Promise<Result> {
  const event = await api.post<Discarded>(`/v1/events/${id}/discard`, { reason });
  if (!event.isDiscarded) terminal.note('it was discarded before: nothing was changed');
  return { document: event, blocks: [outcomeLine(event)] };
}

/** Until there is an outcome, or the try has failed and the next one is due later. */
async function waitForOutcome(api: Api, replayed: EventView): Promise<EventView> {
  const giveUpAtMs = Date.now() + OUTCOME_MS_MAX;
  let event = replayed;
  while (event.outcome === null && event.attempts <= replayed.attempts) {
    if (Date.now() > giveUpAtMs) break;
    await delay(PAUSE_MS);
    event = await api.get<EventView>(`/v1/events/${replayed.id}`);
  }
  return event;
}
