import { discardEventInput, replayEventInput } from '../../ops/replays/replay-event.js';
import { eventFilter } from '../../ops/events/event-filter.js';
import { replayOrderInput, settledMessageFilter } from '../../ops/replays/read-replay-order.js';
import { REPLAY_STATUSES } from '../../ops/replays/replay.queries.js';
import { DEAD_DISPATCH } from './examples.js';
import {
  DEAD_EVENT,
  DRY_RUN,
  REPLAY,
  REPLAYED_EVENT,
  STARTED_REPLAY,
} from './operation-examples.js';
import type { Route } from './route-codes.js';
import {
  filters,
  idParameter,
  optionalKey,
  shows,
  type RouteDescription,
} from './route-description.js';
import { bodyOf, named, TEXT, type Schema } from './schema.js';

const anyOf = (...names: readonly string[]): Schema => ({ anyOf: names.map(named) });

/** The order as the route reads it, with what the filters of its two targets take. */
function orderBody(): Schema {
  const body = bodyOf(replayOrderInput);
  const filter = {
    anyOf: [bodyOf(eventFilter), bodyOf(settledMessageFilter.partial({ status: true }))],
    description: 'of `events`, or of `messages`; dead letters unless `status` says otherwise',
  };
  return { ...body, properties: { ...(body['properties'] as Schema), filter } };
}

/** What people do with events, one by one and many at once. */
export const REPLAY_ROUTES = {
  'GET /v1/events/{id}/raw': {
    name: 'downloadEvent',
    summary: 'The body of an event as the provider sent it',
    description: `For operators. Byte for byte, personal data included, so who asked for it is noted in the audit.
Only \`GET /v1/events/{id}\` covers what is nobody's business.`,
    parameters: [idParameter('event')],
    answers: {
      200: {
        description: 'The bytes, as a file',
        type: 'application/octet-stream',
        schema: { contentMediaType: 'application/octet-stream' },
        headers: { 'Content-Disposition': { ...TEXT, description: '`attachment`, with a name' } },
      },
    },
  },

  'POST /v1/events/{id}/replay': {
    name: 'replayEvent',
    summary: 'Send an event through again',
    description: `For operators. The event is worked on from the start, with all its attempts, whatever came of it
before. That is harmless: an event that was applied ends as \`noop: repeated\`, one that newer news have
overtaken as \`noop: stale\`. Asking twice does it once: \`isReplayed\` is false for an event that is being
worked on.

With \`dryRun\` nothing is done. The answer tells what would change: the event is applied in a transaction
that is rolled back, which locks its payment and order for some milliseconds. Should they be locked by
others, it gives way (\`storage_unavailable\`). A provider is never asked: \`asks_provider\`.`,
    parameters: [idParameter('event')],
    body: {
      schema: bodyOf(replayEventInput),
      required: false,
      examples: { replay: { reason: 'fixed in 1.4.2' }, dryRun: { dryRun: true }, nothing: {} },
    },
    answers: {
      200: {
        description: 'The event, received again; or what a replay would do',
        schema: anyOf('ReplayedEvent', 'DryRun'),
        examples: { replayed: REPLAYED_EVENT, dryRun: DRY_RUN },
      },
    },
  },

  'POST /v1/events/{id}/discard': {
    name: 'discardEvent',
    summary: 'Give a dead letter up for good',
    description: `For operators, with a reason. The event stays where it is, with its body and its failures, and can
be replayed all the same; it only waits for nobody any more. Asking twice does it once.`,
    parameters: [idParameter('event')],
    body: {
      schema: bodyOf(discardEventInput),
      required: true,
      examples: { discard: { reason: 'a test of the provider, no payment' } },
    },
    answers: shows('DiscardedEvent', 'The event, discarded', {
      discarded: {
        isDiscarded: true,
        ...DEAD_EVENT,
        status: 'discarded',
        outcome: 'discarded',
        appliedAt: '2026-03-02T11:30:00.087Z',
      },
    }),
  },

  'GET /v1/dead-letters': {
    name: 'listDeadLetters',
    summary: 'What waits for a person, by what it died of',
    description: `Dead letters of the inbox and of consumers, at most 200 groups of each, the largest first. A group
is what one order of \`POST /v1/replays\` can name: \`provider\` or \`consumer\`, \`type\` and \`code\`.`,
    answers: shows('DeadLetters', 'All of them', {
      dead: {
        events: [
          {
            provider: 'stripe',
            type: DEAD_EVENT.type,
            code: DEAD_EVENT.reason,
            count: 1204,
            oldestAt: DEAD_EVENT.receivedAt,
            newestAt: '2026-03-02T10:58:41.220Z',
            message: DEAD_EVENT.lastError.message,
          },
        ],
        messages: [
          {
            consumer: DEAD_DISPATCH.consumer,
            type: DEAD_DISPATCH.type,
            code: DEAD_DISPATCH.reason,
            count: 1,
            oldestAt: DEAD_DISPATCH.createdAt,
            newestAt: DEAD_DISPATCH.createdAt,
            message: DEAD_DISPATCH.lastError.message,
          },
        ],
      },
    }),
  },

  'POST /v1/replays': {
    name: 'startReplay',
    summary: 'Send many events or messages through again, or discard them',
    description: `For operators. Send either a \`filter\` or up to 1000 \`ids\`; ids of messages need \`consumer\`, whose
they are. What matches is chosen now, at most \`REPLAY_MAX\` of it: what dies later is not part of it. An
unknown id is \`not_found\`, and nothing is done.

It is done in the background, \`perSecond\` at a time, and goes on after a crash where it was. What is no
longer as it was chosen, because somebody was faster, is skipped: two orders of the same never do
anything twice. \`discard\` needs a \`reason\` and takes dead letters only.

With \`dryRun\` nothing is done: the answer tells how many match, and tries out the oldest 100 of the
events in a transaction that is rolled back, which locks their payments and orders meanwhile.`,
    parameters: [
      optionalKey(
        'The same key with the same body is the same order: it is started once, and shown as it ' +
          'stands to everybody who sends it again with that token. With another body it is ' +
          '`idempotency_key_reused`. Without a key each request is a new order.',
      ),
    ],
    body: {
      schema: orderBody(),
      required: true,
      examples: {
        filter: {
          filter: { code: 'amount_unusable', provider: 'stripe' },
          reason: 'fixed in 1.4.2',
        },
        ids: { ids: [DEAD_EVENT.id], perSecond: 10 },
        dryRun: { filter: { status: 'dead' }, dryRun: true },
        messages: { target: 'messages', filter: { consumer: 'shipping', type: 'order.paid' } },
        discard: {
          target: 'messages',
          action: 'discard',
          consumer: 'shipping',
          ids: [DEAD_DISPATCH.id],
          reason: 'sent by hand',
        },
      },
    },
    answers: {
      200: {
        description: 'What it would do; or the order that was given before with this key',
        schema: anyOf('DryRun', 'Replay'),
        examples: { dryRun: DRY_RUN, given: STARTED_REPLAY },
      },
      202: {
        description: 'It is under way',
        schema: named('Replay'),
        examples: { started: STARTED_REPLAY },
      },
    },
  },

  'GET /v1/replays': {
    name: 'listReplays',
    summary: 'List replays, newest first',
    description: 'Those of one event or message are among them. `results` is null in a list.',
    parameters: filters({ status: { type: 'string', enum: REPLAY_STATUSES } }),
    answers: shows('ReplayList', 'A page', {
      page: { data: [{ ...REPLAY, results: null }], nextCursor: null },
    }),
  },

  'GET /v1/replays/{id}': {
    name: 'showReplay',
    summary: 'One replay: how far it is, and where its events stand now',
    parameters: [idParameter('replay')],
    answers: shows('Replay', 'The replay', { running: REPLAY }),
  },

  'POST /v1/replays/{id}/pause': {
    name: 'pauseReplay',
    summary: 'Pause a replay',
    description: `For operators. The part that is under way is finished, at most 100 of it. Asking twice does it
once; one that is over is \`replay_finished\`.`,
    parameters: [idParameter('replay')],
    answers: shows('Replay', 'Paused', { paused: { ...REPLAY, status: 'paused' } }),
  },

  'POST /v1/replays/{id}/resume': {
    name: 'resumeReplay',
    summary: 'Go on with a replay that was paused',
    description: 'For operators. Asking twice does it once; one that is over is `replay_finished`.',
    parameters: [idParameter('replay')],
    answers: shows('Replay', 'Under way again', { running: REPLAY }),
  },

  'POST /v1/replays/{id}/cancel': {
    name: 'cancelReplay',
    summary: 'Call off what is left of a replay',
    description: `For operators. What is done stays done; the rest is not touched. Asking twice does it once; one
that is done is \`replay_finished\`.`,
    parameters: [idParameter('replay')],
    answers: shows('Replay', 'Called off', {
      cancelled: { ...REPLAY, status: 'cancelled', finishedAt: '2026-03-02T11:25:11.640Z' },
    }),
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
