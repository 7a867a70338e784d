import type { FailPoint } from '../../src/fail-points.js';
import {
  COMMANDS,
  REPLAY,
  RESOLVE,
  SALE,
  SALE_TOLD_TWICE,
  THIN,
  TWO_SALES,
  VERIFY,
  type Play,
} from './fail-point-plays.js';

/** How a process comes to die at a fail point, and what it leaves there. */
export interface Scene {
  readonly play: Play;
  /** Value for `FAILPOINTS`; the point itself by default. */
  readonly arm?: string;
  /** Statuses of the rows of the inbox that are new or open again; absent: depends on who was faster. */
  readonly leaves?: readonly string[];
  /** Whether the first thing that was sent was answered; absent: depends on who was faster. */
  readonly isAnswered?: boolean;
}

/** So that nobody rings but the sweeper. */
const UNRUNG = 'ingest.answered=hang';

/** A scene for every fail point: one without does not compile. */
export const SCENES: Readonly<Record<FailPoint, Scene>> = {
  'ingest.received': { play: SALE, leaves: [], isAnswered: false },
  'ingest.committed': { play: SALE, leaves: ['received'], isAnswered: false },
  'ingest.answered': { play: SALE, leaves: ['received'], isAnswered: true },
  'ingest.rung': { play: SALE, isAnswered: true },
  'ingest.redelivered': { play: SALE_TOLD_TWICE, isAnswered: true },

  // The first look of the sweeper comes to nothing, so its next ring is one too many.
  'apply.begun': {
    play: SALE,
    arm: `${UNRUNG},sweep.claimed#1=throw,apply.begun`,
    leaves: ['received'],
  },
  'apply.claimed': { play: SALE, leaves: ['received'] },
  'apply.before_commit': { play: SALE, leaves: ['received'] },
  'apply.committed': { play: SALE, leaves: ['applied'] },
  'apply.failed': { play: SALE, arm: 'apply.claimed=throw,apply.failed', leaves: ['received'] },

  'sweep.claimed': {
    play: TWO_SALES,
    arm: `${UNRUNG},sweep.claimed`,
    leaves: ['received', 'received'],
  },
  'sweep.rung': { play: TWO_SALES, arm: `${UNRUNG},sweep.rung` },

  'fetch.before_call': { play: THIN, leaves: ['received'] },
  'fetch.after_call': { play: THIN, leaves: ['received'] },
  'fetch.applied': { play: THIN, leaves: ['received', 'applied'] },
  'observe.stored': { play: VERIFY, leaves: ['received'], isAnswered: false },
  'resolve.claimed': { play: RESOLVE, leaves: [] },
  'resolve.answered': { play: RESOLVE, leaves: ['applied'] },

  'replay.before_commit': { play: REPLAY, leaves: [] },
  'replay.committed': { play: REPLAY, leaves: ['received'] },

  // Every phase of every command, at both providers: see command-crashes.spec.ts.
  'command.claimed': { play: COMMANDS, arm: 'command.claimed:start_payment', leaves: [] },
  'command.before_call': inPhase('command.before_call'),
  'command.after_call': inPhase('command.after_call'),
  'command.before_commit': inPhase('command.before_commit'),
  'command.committed': inPhase('command.committed'),

  'relay.fanned_out': { play: SALE, leaves: ['applied'] },
  'relay.claimed': { play: SALE, arm: 'relay.claimed:invoices', leaves: ['applied'] },
  'relay.sent': { play: SALE, arm: 'relay.sent:invoices', leaves: ['applied'] },
  'relay.marked': { play: SALE, arm: 'relay.marked:access', leaves: ['applied'] },

  'consumer.received': { play: SALE, arm: 'consumer.received:invoices', leaves: ['applied'] },
  'consumer.before_commit': {
    play: SALE,
    arm: 'consumer.before_commit:invoices',
    leaves: ['applied'],
  },
  'consumer.committed': { play: SALE, arm: 'consumer.committed:access', leaves: ['applied'] },
  'consumer.settled': { play: SALE, arm: 'consumer.settled:invoices', leaves: ['applied'] },
};

/** While a payment is started at its provider. */
function inPhase(name: Extract<FailPoint, `command.${string}`>): Scene {
  return { play: COMMANDS, arm: `${name}:start_payment/payment_created`, leaves: [] };
}

type StageOf<Name> = Name extends `${infer Stage}.${string}` ? Stage : never;

/** Which stages of the line are walked with which queue, in a file of tests each. */
const WALKED: Readonly<Record<StageOf<FailPoint>, 'redis' | 'postgres'>> = {
  ingest: 'redis',
  apply: 'redis',
  sweep: 'redis',
  replay: 'redis',
  fetch: 'postgres',
  observe: 'postgres',
  resolve: 'postgres',
  command: 'postgres',
  relay: 'redis',
  consumer: 'postgres',
};

/** The fail points that are walked with this queue. */
export function walkedWith(queue: 'redis' | 'postgres'): FailPoint[] {
  const points = Object.keys(SCENES) as FailPoint[];
  return points.filter((point) => WALKED[point.split('.')[0] as keyof typeof WALKED] === queue);
}
