import pg from 'pg';
import {
  execute,
  type CommandRequest,
  type ExecuteContext,
  type Execution,
} from '../../src/idempotency/execute.js';
import { toyProcess, type Act, type ToyProcess } from './idempotency-process.js';
import {
  createToyTable,
  OutsideWorld,
  send,
  toyContext,
  toyOperation,
  toyRequest,
  type ToyHooks,
} from './idempotency-toy.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** What is left of a subject, here and outside. */
export interface Trace {
  readonly effects: number;
  /** Each phase leaves one row; in alphabetical order. */
  readonly writes: readonly string[];
}

export const DONE_ONCE: Trace = { effects: 1, writes: ['charge', 'message', 'receipt'] };

/** A database with toy tables, two processes on pools of their own, and the world. */
export interface IdempotencyHarness {
  readonly database: TestDatabase;
  readonly world: OutsideWorld;
  readonly one: ToyProcess;
  readonly other: ToyProcess;
  /** For processes of a test; a statement that has to wait for a lock fails soon. */
  readonly impatientPool: pg.Pool;
  /** Sends a request through a healthy process. */
  send(request: CommandRequest, more?: Partial<ExecuteContext>): Promise<Execution>;
  /** Sends the request of a key to an operation with hooks, through a process of its own. */
  sendHooked(key: string, hooks: ToyHooks, act?: Act): Promise<Execution>;
  trace(subject: string): Promise<Trace>;
  findKey(key: string): Promise<KeyRow | undefined>;
  close(): Promise<void>;
}

export interface KeyRow {
  readonly status: string;
  readonly recovery_point: string;
  readonly attempts: number;
  readonly last_error: unknown;
  readonly is_held: boolean;
}

const LOCK_TIMEOUT_MS = 50;

export async function createIdempotencyHarness(): Promise<IdempotencyHarness> {
  const database = await createTestDatabase();
  await createToyTable(database);
  const world = new OutsideWorld();
  const poolOf = (options: pg.PoolConfig = {}) =>
    new pg.Pool({ connectionString: database.url, max: 4, ...options });
  const [pool, otherPool] = [poolOf(), poolOf()];
  const impatientPool = poolOf({ lock_timeout: LOCK_TIMEOUT_MS, max: 8 });
  const one = toyProcess(pool);
  return {
    database,
    world,
    one,
    other: toyProcess(otherPool),
    impatientPool,
    send: (request, more) => send(one, world, request, more),
    sendHooked: (key, hooks, act) => {
      const process = toyProcess(impatientPool, act);
      return execute(toyContext(process), toyOperation(world, process, hooks), toyRequest(key));
    },
    trace: async (subject) => {
      const rows = await database.query<{ what: string }>(
        'select what from toy_writes where subject = $1 order by what',
        [subject],
      );
      const effects = world.effects.filter((effect) => effect === subject).length;
      return { effects, writes: rows.map(({ what }) => what) };
    },
    findKey: async (key) => {
      const [row] = await database.query<KeyRow>(
        `select status, recovery_point, attempts, last_error, locked_until > now() as is_held
         from idempotency_keys where key = $1`,
        [key],
      );
      return row;
    },
    close: async () => {
      await Promise.all([pool.end(), otherPool.end(), impatientPool.end()]);
      await database.drop();
    },
  };
}
