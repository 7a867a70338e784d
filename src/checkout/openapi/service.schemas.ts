import { COUNT, FLAG, listOf, nullable, objectOf, TEXT, TIME, type Schema } from './schema.js';

const SECONDS: Schema = { type: 'number', minimum: 0 };
const MILLISECONDS: Schema = { type: 'number', minimum: 0 };
const ROLE: Schema = { type: 'string', enum: ['viewer', 'operator', 'service'] };

const durations = objectOf({
  count: COUNT,
  p50Ms: nullable(MILLISECONDS, 'null when there were none'),
  p95Ms: nullable(MILLISECONDS),
  p99Ms: nullable(MILLISECONDS),
});

const counts = objectOf({
  received: { ...COUNT, description: 'events recorded for the first time' },
  duplicates: { ...COUNT, description: 'deliveries of events that were there already' },
  refused: { ...COUNT, description: 'deliveries that were not recorded' },
  applied: COUNT,
  noop: COUNT,
  ignored: COUNT,
  retried: { ...COUNT, description: 'attempts that failed and are made again' },
  dead: COUNT,
  acknowledge: { ...durations, description: 'from a verified delivery to its commit' },
  applyLag: { ...durations, description: 'from the receipt of an event to its outcome' },
});

const point = objectOf({
  at: { ...TIME, description: 'beginning of the step' },
  counts: { anyOf: [counts, { type: 'null' }], description: 'null: no process took a sample' },
  backlog: nullable(COUNT, 'the most there was; null when nobody knows'),
  backlogOldestSeconds: nullable(SECONDS),
  deadLetters: nullable(COUNT),
});

const secret = objectOf({
  position: { type: 'integer', minimum: 1, description: '1 is the newest' },
  fingerprint: { ...TEXT, description: 'names the secret; nobody gets from it to the secret' },
  lastMatchedAt: nullable(TIME, 'when it last verified a delivery, to the minute; null: never'),
  deliveries: { ...COUNT, description: 'that it verified' },
});

const queue = objectOf({
  name: TEXT,
  isReachable: FLAG,
  waiting: nullable(COUNT, 'jobs that nobody has taken; null when the queue does not answer'),
  pending: nullable(COUNT, 'rows in PostgreSQL that are not finished; null where there are none'),
  oldestSeconds: nullable(SECONDS, 'age of the oldest of them'),
  dead: nullable(COUNT, 'rows that wait for a person'),
  meaning: { ...TEXT, description: 'what its jobs are, and what it means when they wait' },
});

export const SERVICE_SCHEMAS = {
  Overview: objectOf({
    from: TIME,
    to: TIME,
    stepSeconds: { type: 'integer', minimum: 60 },
    now: objectOf({
      backlog: { ...COUNT, description: 'events that are received and not finished' },
      backlogOldestSeconds: SECONDS,
      deadEvents: COUNT,
      deadMessages: COUNT,
      openReviews: COUNT,
    }),
    totals: counts,
    points: { ...listOf(point), description: 'oldest first; the last one is still being filled' },
  }),
  QueueList: objectOf({
    backend: { type: 'string', enum: ['redis', 'postgres'] },
    data: listOf(queue),
  }),
  Settings: objectOf({
    accounts: listOf(objectOf({ provider: TEXT, account: TEXT, secrets: listOf(secret) })),
    tokens: listOf(objectOf({ name: TEXT, role: ROLE })),
    consumers: listOf(objectOf({ name: TEXT, types: listOf(TEXT) })),
    config: { type: 'object', description: 'as it is logged at start-up: without any secret' },
  }),
} as const satisfies Readonly<Record<string, Schema>>;
