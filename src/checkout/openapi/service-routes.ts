import type { Route } from './route-codes.js';
import { shows, type RouteDescription } from './route-description.js';

const DURATIONS = { count: 1204, p50Ms: 3.1, p95Ms: 8.4, p99Ms: 19.7 };
const COUNTS = {
  received: 1204,
  duplicates: 31,
  refused: 2,
  applied: 1188,
  noop: 9,
  ignored: 6,
  retried: 1,
  dead: 0,
  acknowledge: DURATIONS,
  applyLag: { count: 1203, p50Ms: 14.2, p95Ms: 41.5, p99Ms: 92.3 },
};

/** How the service fares and what it is configured with, for those who look after it. */
export const SERVICE_ROUTES = {
  'GET /v1/overview': {
    name: 'showOverview',
    summary: 'How the service fares: now, and in the last minutes',
    description: `Of all processes together. Each writes down once a minute what it counted; a crash loses that
minute of figures. They are kept for 7 days.`,
    parameters: [
      {
        name: 'minutes',
        in: 'query',
        required: false,
        description: 'to look back; the steps are longer for longer times',
        schema: { type: 'integer', minimum: 1, maximum: 10_080, default: 60 },
      },
    ],
    answers: shows('Overview', 'A series without a gap', {
      minute: {
        from: '2026-03-02T09:16:00.000Z',
        to: '2026-03-02T09:17:00.000Z',
        stepSeconds: 60,
        now: {
          backlog: 1,
          backlogOldestSeconds: 0.4,
          deadEvents: 0,
          deadMessages: 0,
          openReviews: 2,
        },
        totals: COUNTS,
        points: [
          {
            at: '2026-03-02T09:16:00.000Z',
            counts: COUNTS,
            backlog: 3,
            backlogOldestSeconds: 0.9,
            deadLetters: 0,
          },
        ],
      },
    }),
  },

  'GET /v1/queues': {
    name: 'listQueues',
    summary: 'What stands in the queues, and what it means',
    description: `The work is rows in PostgreSQL; a queue only rings for them. So a queue that is empty while rows
are pending is filled again, and one that does not answer delays and loses nothing.`,
    answers: shows('QueueList', 'All queues of this installation', {
      queues: {
        backend: 'postgres',
        data: [
          {
            name: 'inbox',
            isReachable: true,
            waiting: 0,
            pending: 0,
            oldestSeconds: 0,
            dead: 0,
            meaning: 'Rings: "look at these events". …',
          },
        ],
      },
    }),
  },

  'GET /v1/settings': {
    name: 'showSettings',
    summary: 'What the service is configured with',
    description: `Never a secret or a token. A webhook secret is named by a fingerprint, with when it last verified
a delivery: an old one may go once that is long ago and the newest one matches.`,
    answers: shows('Settings', 'The configuration of the process that was asked', {
      settings: {
        accounts: [
          {
            provider: 'stripe',
            account: 'default',
            secrets: [
              {
                position: 1,
                fingerprint: '5f1d9c03ab7e',
                lastMatchedAt: '2026-03-02T09:16:58.201Z',
                deliveries: 1204,
              },
            ],
          },
        ],
        tokens: [{ name: 'dashboard', role: 'viewer' }],
        consumers: [{ name: 'invoices', types: ['order.*'] }],
        config: { NODE_ENV: 'production', PORT: 3000 },
      },
    }),
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
