import { z } from 'zod';
import type { Caller } from '../../access/authenticate.js';
import { InboxEventEntity } from '../../database/inbox-event.entity.js';
import { TollgateError } from '../../errors.js';
import { dryRunEvents } from '../../inbox/dry-run.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { reason, uuid } from '../list-query.js';
import { presentEvent, type EventView } from '../present.js';
import type { DryRunView } from './dry-run-replay.js';
import { replayOne } from './replay-one.js';

/** How one event is sent through again. */
export const replayEventInput = z
  .strictObject({ reason: reason.nullish(), dryRun: z.boolean().default(false) })
  .nullish();

/** An event that was sent through again. */
export type ReplayedEvent = EventView & {
  /** False: it is being worked on already, and nothing was done. */
  readonly isReplayed: boolean;
  readonly replayId: string | null;
};

/**
 * Sends one event through again, whatever came of it; what was applied ends as a no-op. Asking
 * twice does it once. Or tells what that would change.
 *
 * @throws TollgateError `bad_request`, `not_found`, `payload_not_kept`
 */
export function replayEvent(
  services: Services,
  caller: Caller,
  given: string,
  body: unknown,
): Promise<ReplayedEvent | DryRunView> {
  return asAction(services, caller, { action: 'event.replay', subject: given }, async () => {
    const id = readInput(uuid, given);
    const wanted = readInput(replayEventInput, body);
    const { replays: generation } = await findEvent(services, id);
    if (wanted?.dryRun === true) {
      const { database, providers } = services;
      const changes = await dryRunEvents({ pool: database.command, providers }, [id]);
      return { dryRun: true, matched: 1, examined: changes.length, changes };
    }
    const replayId = await replayOne(services, caller, {
      target: 'events',
      action: 'replay',
      audited: 'event.replay',
      item: { id, consumer: null, generation },
      reason: wanted?.reason ?? null,
    });
    return { isReplayed: replayId !== null, replayId, ...(await presentOne(services, id)) };
  });
}

/** Why one event is given up. */
export const discardEventInput = z.strictObject({ reason });

/**
 * Gives a dead letter up for good, with a reason. It stays in the inbox, and can be replayed.
 * @throws TollgateError `bad_request`, `not_found`, `event_not_dead`
 */
export function discardEvent(
  services: Services,
  caller: Caller,
  given: string,
  body: unknown,
): Promise<EventView & { readonly isDiscarded: boolean }> {
  return asAction(services, caller, { action: 'event.discard', subject: given }, async () => {
    const id = readInput(uuid, given);
    const wanted = readInput(discardEventInput, body);
    const { status, replays: generation } = await findEvent(services, id);
    if (status !== 'dead' && status !== 'discarded') {
      throw new TollgateError(
        'event_not_dead',
        `this event is ${status}: only a dead letter can be discarded`,
      );
    }
    const replayId = await replayOne(services, caller, {
      target: 'events',
      action: 'discard',
      audited: 'event.discard',
      item: { id, consumer: null, generation },
      reason: wanted.reason,
    });
    return { isDiscarded: replayId !== null, ...(await presentOne(services, id)) };
  });
}

async function presentOne(services: Services, id: string): Promise<EventView> {
  return presentEvent(await findEvent(services, id), services.config.ATTEMPTS_MAX);
}

async function findEvent({ database }: Services, id: string): Promise<InboxEventEntity> {
  const event = await database.reads.getRepository(InboxEventEntity).findOneBy({ id });
  if (event) return event;
  throw new TollgateError('not_found', 'there is no event with this id');
}
