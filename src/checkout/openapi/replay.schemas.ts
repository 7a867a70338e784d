import type { EventChange } from '../../inbox/dry-run.js';
import type { DeadEventGroup, DeadMessageGroup } from '../../ops/events/dead-letter.queries.js';
import type { DryRunView } from '../../ops/replays/dry-run-replay.js';
import type { ReplayView } from '../../ops/replays/present-replay.js';
import type { ReplayOf } from '../../ops/replays/replay-item.queries.js';
import { REPLAY_STATUSES } from '../../ops/replays/replay.queries.js';
import { REVIEW_REASONS, REVIEW_STATUSES } from '../../payments/review-reasons.js';
import { pageOf } from './payment.schemas.js';
import {
  COUNT,
  CURRENCY,
  FLAG,
  listOf,
  named,
  nullable,
  objectOf,
  PROVIDER,
  TEXT,
  TIME,
  UUID,
  type Fields,
  type Schema,
} from './schema.js';

const ACTION: Schema = { type: 'string', enum: ['replay', 'discard'] };

const deadLetters = {
  type: { ...TEXT, description: 'of the event or message' },
  code: { ...TEXT, description: 'of the last failure' },
  count: COUNT,
  oldestAt: TIME,
  newestAt: TIME,
  message: nullable(TEXT, 'the last failure of the newest of them'),
};
const deadEvents: Fields<DeadEventGroup> = { provider: PROVIDER, ...deadLetters };
const deadMessages: Fields<DeadMessageGroup> = { consumer: TEXT, ...deadLetters };

const replay: Fields<ReplayView> = {
  id: UUID,
  target: { type: 'string', enum: ['events', 'messages'] },
  action: ACTION,
  status: {
    type: 'string',
    enum: REPLAY_STATUSES,
    description: '`running` begins by itself; `done` when nothing of it is pending',
  },
  filter: {
    type: ['object', 'null'],
    description: 'as it was sent; null when single ones were named',
  },
  reason: nullable(TEXT),
  requestedBy: { ...TEXT, description: 'name of the token' },
  perSecond: { type: 'integer', minimum: 1, maximum: 1000, description: 'how many are done' },
  total: { ...COUNT, description: 'how many were chosen, when the order was given' },
  done: { ...COUNT, description: 'sent through, or discarded' },
  skipped: {
    ...COUNT,
    description:
      'somebody was faster, there was nothing to do, or the payload is not kept any more',
  },
  pending: { ...COUNT, description: 'left to do; of a cancelled one, what was not done' },
  results: {
    type: ['object', 'null'],
    additionalProperties: COUNT,
    description:
      'where those that are `done` stand now, by status: `applied`, `noop`, `dead`, `consumed`, …; ' +
      'null where nobody has counted: in lists, and in the answer to the order',
  },
  createdAt: TIME,
  finishedAt: nullable(TIME),
};

const fieldChange = objectOf({
  field: { ...TEXT, description: '`status`, `amountCapturedMinor`, …' },
  before: { description: 'null when there was nothing' },
  after: {},
});

const CHANGED_CURRENCY = nullable(
  CURRENCY,
  'of the amounts, as it is afterwards; null: nobody has said it yet',
);

const change: Fields<EventChange> = {
  eventId: { ...UUID, description: "Tollgate's id of the event" },
  provider: PROVIDER,
  type: TEXT,
  outcome: {
    ...TEXT,
    description:
      '`applied`, `noop: …`, `ignored`, `dead`, or `retry` for trouble that may pass; ' +
      '`asks_provider`: only the provider knows, and a dry run asks nobody; ' +
      '`refused`: its payload is not kept any more',
  },
  error: {
    anyOf: [objectOf({ code: TEXT, message: TEXT }), { type: 'null' }],
    description: 'why it would fail',
  },
  payment: {
    anyOf: [
      objectOf({
        id: nullable(UUID, 'null for a payment that is not there yet'),
        currency: CHANGED_CURRENCY,
        changes: listOf(fieldChange),
      }),
      { type: 'null' },
    ],
  },
  order: {
    anyOf: [
      objectOf({
        reference: TEXT,
        isNew: { ...FLAG, description: 'it is not there yet' },
        currency: CHANGED_CURRENCY,
        changes: listOf(fieldChange),
      }),
      { type: 'null' },
    ],
  },
  reviews: {
    ...listOf(
      objectOf({
        reason: { type: 'string', enum: REVIEW_REASONS },
        status: { type: 'string', enum: REVIEW_STATUSES },
      }),
    ),
    description: 'that it would open or withdraw',
  },
  messages: { ...listOf(TEXT), description: 'types of the messages that others would be told' },
};

const dryRun: Fields<DryRunView> = {
  dryRun: { const: true },
  matched: { ...COUNT, description: 'how many would be sent through, or discarded' },
  examined: { ...COUNT, description: 'how many of them were tried out: the oldest, at most 100' },
  changes: {
    ...listOf(named('Change')),
    description: 'what each of those would change; none for messages, and none for `discard`',
  },
};

/** What a person did to an event, as the event tells it. */
export const REPLAY_OF: Schema = objectOf({
  replayId: UUID,
  action: ACTION,
  by: TEXT,
  reason: nullable(TEXT),
  at: TIME,
  statusBefore: nullable(TEXT, 'what the replay took from the row'),
  outcomeBefore: nullable(TEXT),
} satisfies Fields<Omit<ReplayOf, 'subject'>>);

export const REPLAY_SCHEMAS = {
  DeadLetters: objectOf({
    events: listOf(objectOf(deadEvents)),
    messages: { ...listOf(objectOf(deadMessages)), description: 'of consumers' },
  }),
  Replay: objectOf(replay),
  ReplayList: pageOf('Replay'),
  Change: objectOf(change),
  DryRun: objectOf(dryRun),
} as const satisfies Readonly<Record<string, Schema>>;
