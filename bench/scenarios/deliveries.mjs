import { CONNECTIONS, takeAcknowledgingTurn, WARM_UP_SECONDS } from '../acknowledge.mjs';
import {
  BARE,
  LEAST,
  MIRROR,
  TOLLGATE,
  tollgate,
  TUTORIAL,
  TUTORIAL_ON_FASTIFY,
  VERIFY_ONLY,
} from '../contenders.mjs';
import { pgbench } from '../pgbench.mjs';
import { COLUMNS, defineScenario } from '../scenario.mjs';

const { perSecond, p50Ms, p99Ms, idleP50Ms, idleP99Ms } = COLUMNS;
const OURS = TOLLGATE.name;

const faster = (name, atLeast) => ({
  text: `ack/s, worker off, vs \`${name}\``,
  of: [OURS, 'perSecond'],
  to: [name, 'perSecond'],
  atLeast,
});

/** How many webhooks are acknowledged per second, and what one waits when nobody else is there. */
export const deliveries = defineScenario({
  name: 'deliveries',
  title: 'Acknowledging deliveries',
  contenders: [
    TOLLGATE,
    BARE,
    TUTORIAL,
    TUTORIAL_ON_FASTIFY,
    MIRROR,
    VERIFY_ONLY,
    LEAST,
    pgbench('pgbench-4', 'single-row inserts prepared once, from 4 connections', [4]),
    pgbench(
      'pgbench-best',
      'the same, the best of these connections in each round',
      [1, 2, 4, 8, 16, 32, 64],
    ),
    tollgate('tollgate-redis-info', 'worker off, one log line per delivery into a file', {
      queue: 'redis',
      logLevel: 'info',
    }),
    tollgate('tollgate-postgres', 'worker off, queue on PostgreSQL', { queue: 'postgres' }),
  ],
  columns: [perSecond, p50Ms, p99Ms, idleP50Ms, idleP99Ms],
  goals: [
    faster('tutorial', 12),
    faster('tutorial-fastify', 7),
    faster('mirror', 6),
    faster('bare', 2.5),
    faster('verify-only', 0.75),
    faster('pgbench-best', 0.95),
    {
      text: 'p50 at one connection vs `bare`',
      of: [OURS, 'idleP50Ms'],
      to: ['bare', 'idleP50Ms'],
      atMost: 1.1,
    },
  ],
  takeTurn: (context) => context.contender.takeTurn?.(context) ?? takeAcknowledgingTurn(context),
  describe: ({ seconds }) => [
    `Load: ${CONNECTIONS} connections, one request on each at a time, for the throughput; one connection`,
    'for the latency when idle. Every event is unique, about 2.2 kB, signed ahead of the timed window',
    `of ${seconds} s, which follows ${WARM_UP_SECONDS} s of warm-up. The contenders take turns in each round, each turn with`,
    'a new process, a new database and a checkpoint before each window. Nothing is logged but where',
    'the name says `info`. `pgbench` writes rows of the same size into the table of `bare`, from',
    'threads of its own; its client is the only one that does not speak HTTP. "CPU": microseconds of',
    'the load client + the server + PostgreSQL + Redis for each acknowledgement. "Other load": share',
    'of the machine that other programs took meanwhile; where it is not near nothing, the ratios',
    'mislead. `mirror` keeps the object of an event and not the event, so that is what is looked for.',
  ],
});
