import { z } from 'zod';
import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry } from '../../audit/audit.queries.js';
import { DispatchEntity } from '../../database/outbox.entity.js';
import { inTransaction } from '../../database/transaction.js';
import { TollgateError } from '../../errors.js';
import { countDispatches } from '../../outbox/dispatch.queries.js';
import { findConsumers, removeConsumer as remove } from '../../outbox/outbox.queries.js';
import { toType } from '../../outbox/type-pattern.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { pageShape, reason, text, toPage, uuid, type Page } from '../list-query.js';
import { presentDispatch, type DispatchView } from '../present.js';
import { findDispatches, messageFilter } from '../replays/message-filter.js';
import { replayOne } from '../replays/replay-one.js';

/** No worker has said for so long that it is configured with a consumer: none is. */
const QUIET_SECONDS = 120;

/** Somebody who is told of changes. */
export interface ConsumerView {
  readonly name: string;
  readonly types: readonly string[];
  /** False: it is registered, and the configuration of this process does not name it. */
  readonly isConfigured: boolean;
  readonly pending: number;
  readonly dead: number;
  /** Age of the oldest that is pending. */
  readonly oldestSeconds: number;
}

/** Who is told of changes, and how much each has not got yet. */
export async function listConsumers({
  messaging,
  database,
}: Services): Promise<Page<ConsumerView>> {
  const { command } = database;
  const counts = await countDispatches(command);
  const registered = await findConsumers(command);
  // What is left of a consumer that was removed at this moment stays visible.
  const left = counts
    .filter(({ consumer }) => !registered.some(({ name }) => name === consumer))
    .map(({ consumer: name }) => ({ name, patterns: [] }));
  const data = [...registered, ...left].map(({ name, patterns }) => {
    const found = counts.find(({ consumer }) => consumer === name);
    const { pending = 0, dead = 0, oldestSeconds = 0 } = found ?? {};
    const isConfigured = messaging.consumers.some((one) => one.name === name);
    return { name, types: patterns.map(toType), isConfigured, pending, dead, oldestSeconds };
  });
  return { data, nextCursor: null };
}

/**
 * Removes a consumer that is gone for good, with everything that it has not got yet.
 * @throws TollgateError `bad_request`, `not_found`, `consumer_configured`
 */
export function removeConsumer(
  services: Services,
  caller: Caller,
  given: string,
): Promise<{ readonly name: string }> {
  const { database, logger } = services;
  return asAction(services, caller, { action: 'consumer.remove', subject: given }, async () => {
    const consumer = readInput(text, given);
    const { name: actor, role } = caller;
    const result = await inTransaction(database.command, async (tx) => {
      const came = await remove(tx, consumer, QUIET_SECONDS);
      const entry = { actor, role, action: 'consumer.remove', subject: consumer } as const;
      if (came === 'removed') await insertAuditEntry(tx, { ...entry, result: 'done' });
      return came;
    });
    logger.info({ by: caller.name, consumer, result }, 'removal of a consumer');
    if (result === 'in_use') {
      throw new TollgateError(
        'consumer_configured',
        `a worker is configured with ${consumer}: take it out of CONSUMERS or OUTSIDE_CONSUMERS, ` +
          `and ask again ${QUIET_SECONDS} seconds after the workers were started anew`,
      );
    }
    if (result === 'unknown') {
      throw new TollgateError('not_found', 'no consumer of this name is registered');
    }
    return { name: consumer };
  });
}

const listQuery = messageFilter.omit({ consumer: true }).extend(pageShape);

/** Messages of a consumer, newest first. @throws TollgateError `bad_request`, `not_found` */
export async function listMessages(
  { database }: Services,
  given: string,
  query: unknown,
): Promise<Page<DispatchView>> {
  const consumer = readInput(text, given);
  const registered = await findConsumers(database.command);
  if (!registered.some(({ name }) => name === consumer)) {
    throw new TollgateError('not_found', 'no consumer of this name is registered');
  }
  const { limit, cursor, ...filter } = readInput(listQuery, query);
  const find = findDispatches(database.reads, { consumer, ...filter })
    .addSelect('message')
    .orderBy('dispatch.messageId', 'DESC')
    .limit(limit + 1);
  if (cursor !== undefined) find.andWhere('dispatch.messageId < :cursor', { cursor });
  const dispatches = await find.getMany();
  const rows = dispatches.map((dispatch) => ({ id: dispatch.messageId, dispatch }));
  return toPage(rows, limit, ({ dispatch }) => presentDispatch(dispatch));
}

/** How one message is sent through again. */
export const replayMessageInput = z.strictObject({ reason: reason.nullish() }).nullish();

/**
 * Sends a dead letter of a consumer through again. Asking twice does it once.
 * @throws TollgateError `bad_request`, `not_found`
 */
export function replayMessage(
  services: Services,
  caller: Caller,
  given: GivenMessage,
  body: unknown,
): Promise<DispatchView & { readonly isReplayed: boolean }> {
  const wanted = { action: 'message.replay', subject: nameOf(given) } as const;
  return asAction(services, caller, wanted, async () => {
    const key = readMessage(given);
    const why = readInput(replayMessageInput, body)?.reason ?? null;
    const { tries } = await findDispatch(services, key);
    const replayId = await replayOne(services, caller, {
      target: 'messages',
      action: 'replay',
      audited: 'message.replay',
      item: { id: key.messageId, consumer: key.consumer, generation: tries },
      reason: why,
    });
    const dispatch = await findDispatch(services, key);
    return { isReplayed: replayId !== null, ...presentDispatch(dispatch) };
  });
}

/** Why one message is given up. */
export const discardMessageInput = z.strictObject({ reason });

/**
 * Gives a dead letter of a consumer up for good, with a reason; it can be replayed all the same.
 * @throws TollgateError `bad_request`, `not_found`, `message_not_dead`
 */
export function discardMessage(
  services: Services,
  caller: Caller,
  given: GivenMessage,
  body: unknown,
): Promise<DispatchView & { readonly isDiscarded: boolean }> {
  const wanted = { action: 'message.discard', subject: nameOf(given) } as const;
  return asAction(services, caller, wanted, async () => {
    const key = readMessage(given);
    const why = readInput(discardMessageInput, body).reason;
    const { tries, status } = await findDispatch(services, key);
    if (status !== 'dead' && status !== 'discarded') {
      throw new TollgateError(
        'message_not_dead',
        `this message is ${status}: only a dead letter can be discarded`,
      );
    }
    const replayId = await replayOne(services, caller, {
      target: 'messages',
      action: 'discard',
      audited: 'message.discard',
      item: { id: key.messageId, consumer: key.consumer, generation: tries },
      reason: why,
    });
    const dispatch = await findDispatch(services, key);
    return { isDiscarded: replayId !== null, ...presentDispatch(dispatch) };
  });
}

/** A message of a consumer as somebody names it. */
export interface GivenMessage {
  readonly consumer: string;
  readonly id: string;
}

function nameOf({ consumer, id }: GivenMessage): string {
  return `${consumer}/${id}`;
}

function readMessage({ consumer, id }: GivenMessage): { consumer: string; messageId: string } {
  return { consumer: readInput(text, consumer), messageId: readInput(uuid, id) };
}

async function findDispatch(
  { database }: Services,
  where: { consumer: string; messageId: string },
): Promise<DispatchEntity> {
  const dispatch = await database.reads
    .getRepository(DispatchEntity)
    .findOne({ where, relations: { message: true } });
  if (dispatch) return dispatch;
  throw new TollgateError('not_found', 'this consumer has no such message');
}
