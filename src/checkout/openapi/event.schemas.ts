import { EVENT_STATUSES } from '../../ops/events/event-filter.js';
import type { EventView } from '../../ops/present.js';
import {
  TIMELINE_KINDS,
  type TimelineActor,
  type TimelineEntry,
  type TimelineLinks,
} from '../../ops/timeline/timeline-entry.js';
import { pageOf } from './payment.schemas.js';
import { REPLAY_OF } from './replay.schemas.js';
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
  type Fields,
  type Schema,
} from './schema.js';

const attemptError = objectOf({ attempt: COUNT, code: TEXT, message: TEXT, at: TIME });

const event: Fields<EventView> = {
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
  reason: nullable(TEXT, 'the outcome in one word: `repeated`, `amount_unusable`, …'),
  attempts: COUNT,
  attemptsMax: COUNT,
  dueAt: nullable(TIME),
  lastError: { anyOf: [attemptError, { type: 'null' }] },
  deliveries: COUNT,
  conflicts: { ...COUNT, description: 'deliveries under its id with another content' },
  replays: { ...COUNT, description: 'how often somebody sent it through again or discarded it' },
  livemode: nullable(FLAG),
  paymentId: nullable(UUID),
  occurredAt: nullable(TIME),
  receivedAt: TIME,
  appliedAt: nullable(TIME, 'when it got its status; null while it waits'),
};

const links: Fields<TimelineLinks> = {
  event: UUID,
  payment: UUID,
  order: TEXT,
  review: UUID,
  replay: UUID,
  message: UUID,
};

const actor: Fields<TimelineActor> = {
  kind: { type: 'string', enum: ['provider', 'command', 'person', 'system'] },
  name: TEXT,
};

const timelineEntry: Fields<TimelineEntry> = {
  at: TIME,
  kind: { type: 'string', enum: TIMELINE_KINDS },
  title: { ...TEXT, description: 'what happened, in a few words' },
  outcome: nullable(TEXT, '`applied`, `noop: stale`, `paid`, …; null: there is none, or not yet'),
  why: nullable(TEXT, 'in words; null: it speaks for itself'),
  by: { ...objectOf(actor), description: 'who or what brought it about' },
  links: {
    type: 'object',
    properties: links,
    description: 'what it is about, by id; an order by its reference',
  },
  entry: { type: 'object', description: 'everything that is known of it; depends on `kind`' },
};

export const EVENT_SCHEMAS = {
  Event: objectOf(event),
  EventDetails: objectOf({
    ...event,
    bytes: { ...COUNT, description: 'length of the body' },
    payload: {
      description:
        'the parsed body with personal data covered (`MASKED_PATHS`); null when it is no JSON, or ' +
        'not kept any more',
    },
    isPayloadKept: {
      ...FLAG,
      description: 'false: its time is over (`PAYLOAD_RETENTION_DAYS`); it cannot be replayed',
    },
    errors: listOf(attemptError),
    effects: objectOf({
      facts: listOf(named('Fact')),
      transitions: listOf(named('Transition')),
      reviews: listOf(named('Review')),
    }),
    conflictingContents: listOf(
      objectOf({ fingerprint: TEXT, firstSeenAt: TIME, deliveries: COUNT }),
    ),
    replays: { ...listOf(REPLAY_OF), description: 'what people did to it, oldest first' },
  }),
  EventList: pageOf('Event'),
  ReplayedEvent: objectOf({
    isReplayed: { ...FLAG, description: 'false: it is being worked on, and nothing was done' },
    replayId: nullable(UUID, 'null when nothing was done'),
    ...event,
  }),
  DiscardedEvent: objectOf({
    isDiscarded: { ...FLAG, description: 'false: it was discarded already' },
    ...event,
  }),
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
  TimelineEntry: objectOf(timelineEntry),
  Timeline: pageOf('TimelineEntry'),
} as const satisfies Readonly<Record<string, Schema>>;
