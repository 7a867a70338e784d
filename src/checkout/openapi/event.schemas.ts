import { pageOf } from './payment.schemas.js';
import {
  ACCOUNT,
  COUNT,
  FLAG,
  listOf,
  named,
  nullable,
  objectOf,
  PROVIDER,
  TEXT,
  TIME,
  UUID,
  VERSION,
  type Schema,
} from './schema.js';

/** What an event of the inbox may be. */
export const EVENT_STATUSES = ['received', 'applied', 'noop', 'ignored', 'dead', 'discarded'];

const attemptError = objectOf({ attempt: COUNT, code: TEXT, message: TEXT, at: TIME });

const event = {
  id: UUID,
  provider: PROVIDER,
  account: ACCOUNT,
  eventId: {
    ...TEXT,
    description:
      "the provider's; `sha256:…` of the body where it has none, `verify:…` for an answer of its API",
  },
  type: TEXT,
  source: {
    type: 'string',
    enum: ['webhook', 'verify', 'poll', 'backfill'],
    description:
      'the provider by itself; its API, asked for a client (`verify`) or by our own loops (`poll`)',
  },
  status: { type: 'string', enum: EVENT_STATUSES },
  outcome: nullable(TEXT, '`applied`, `noop: repeated`, `dead`, …; null while it waits'),
  attempts: COUNT,
  attemptsMax: COUNT,
  dueAt: nullable(TIME),
  lastError: { anyOf: [attemptError, { type: 'null' }] },
  deliveries: COUNT,
  conflicts: { ...COUNT, description: 'deliveries under its id with another content' },
  livemode: nullable(FLAG),
  paymentId: nullable(UUID),
  occurredAt: nullable(TIME),
  receivedAt: TIME,
  appliedAt: nullable(TIME),
} as const satisfies Readonly<Record<string, Schema>>;

export const EVENT_SCHEMAS = {
  Event: objectOf(event),
  EventDetails: objectOf({
    ...event,
    payload: { description: 'the parsed body; null when it is no JSON' },
    errors: listOf(attemptError),
    effects: objectOf({
      facts: listOf(named('Fact')),
      transitions: listOf(named('Transition')),
      reviews: listOf(named('Review')),
    }),
    conflictingContents: listOf(
      objectOf({ fingerprint: TEXT, firstSeenAt: TIME, deliveries: COUNT }),
    ),
  }),
  EventList: pageOf('Event'),
  Transition: objectOf({
    subject: { type: 'string', enum: ['payment', 'order', 'dispute'] },
    from: nullable(TEXT, 'null for what has just come to be'),
    to: TEXT,
    version: VERSION,
    facts: listOf({ type: 'object', description: 'the facts that were news' }),
    eventId: nullable(UUID, 'null when a command of ours caused it'),
    command: nullable(TEXT),
    createdAt: TIME,
  }),
  TimelineEntry: objectOf({
    at: TIME,
    kind: { type: 'string', enum: ['event', 'transition', 'review'] },
    entry: { anyOf: [named('Event'), named('Transition'), named('Review')] },
  }),
} as const satisfies Readonly<Record<string, Schema>>;
