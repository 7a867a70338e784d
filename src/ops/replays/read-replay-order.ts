import { z } from 'zod';
import { TollgateError } from '../../errors.js';
import { readInput } from '../../read-input.js';
import { eventFilter, type EventFilter } from '../events/event-filter.js';
import { reason, text, uuid } from '../list-query.js';
import { messageFilter, type MessageFilter } from './message-filter.js';

const IDS_MAX = 1000;

/** An order as it is sent; what a filter may name depends on the target. */
export const replayOrderInput = z.strictObject({
  target: z.enum(['events', 'messages']).default('events'),
  action: z.enum(['replay', 'discard']).default('replay'),
  filter: z.record(z.string(), z.unknown()).optional(),
  ids: z.array(uuid).min(1).max(IDS_MAX).optional(),
  /** Whose messages the ids are of. */
  consumer: text.optional(),
  reason: reason.optional(),
  dryRun: z.boolean().default(false),
  perSecond: z.int().min(1).max(1000).optional(),
});

/** What a bulk replay chooses. Filters match dead letters unless they say otherwise. */
export type Choice =
  | { readonly target: 'events'; readonly filter: EventFilter }
  | { readonly target: 'events'; readonly ids: readonly string[] }
  | { readonly target: 'messages'; readonly filter: MessageFilter }
  | { readonly target: 'messages'; readonly consumer: string; readonly ids: readonly string[] };

/** What somebody asks to be sent through again, or to be discarded. */
export interface WantedReplay {
  readonly choice: Choice;
  readonly action: 'replay' | 'discard';
  /** As it was sent; null: single ones are named. */
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
  readonly isDryRun: boolean;
  /** Null: as configured. */
  readonly perSecond: number | null;
}

/** @throws TollgateError `bad_request` */
export function readReplayOrder(body: unknown): WantedReplay {
  const given = readInput(replayOrderInput, body);
  if (given.action === 'discard' && given.reason === undefined) {
    throw new TollgateError('bad_request', 'reason: say why they are given up');
  }
  return {
    choice: readChoice(given),
    action: given.action,
    filter: given.filter ?? null,
    reason: given.reason ?? null,
    isDryRun: given.dryRun,
    perSecond: given.perSecond ?? null,
  };
}

function readChoice(given: z.output<typeof replayOrderInput>): Choice {
  const { target, action, filter, ids, consumer } = given;
  if ((filter === undefined) === (ids === undefined)) {
    throw new TollgateError('bad_request', 'send either filter or ids');
  }
  if (ids !== undefined) {
    const chosen = [...new Set(ids)];
    if (target === 'events') return { target, ids: chosen };
    if (consumer !== undefined) return { target, consumer, ids: chosen };
    throw new TollgateError('bad_request', 'consumer: say whose messages these are');
  }
  const dead = { status: 'dead', ...filter };
  if (action === 'discard' && dead.status !== 'dead') {
    throw new TollgateError('bad_request', 'status: only dead letters can be discarded');
  }
  if (target === 'events') return { target, filter: readInput(eventFilter, dead) };
  return { target, filter: readInput(settledMessageFilter, dead) };
}

/** What is pending is under way, and what is consumed has had its effect. */
export const settledMessageFilter = messageFilter.extend({ status: z.enum(['dead', 'discarded']) });
