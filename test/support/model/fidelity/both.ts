import type { Pool, PoolClient } from 'pg';
import { sqlState, type Queryable, type Tx } from '../../../../src/database/transaction.js';
import { type MemoryDatabase, type Client } from '../database/memory-database.js';
import { type Session } from '../database/session.js';

/** What is there to be asked about, the same on both sides. */
export interface Known {
  /** Ids of the rows by the ids of their events. */
  readonly events: ReadonlyMap<string, string>;
  /** Ids of messages that were given to somebody. */
  readonly messages: readonly string[];
}

/** Something asked of a database, by a function of `src/`. */
export type Question = (on: Queryable & Pool & Tx, known: Known) => Promise<unknown>;

/** One of the two databases, with a transaction that may be open in it. */
export class Side {
  private transaction: PoolClient | null = null;

  constructor(
    private readonly pool: Pool,
    /** Lets whoever waits for a lock give up. */
    private readonly giveUp: () => void = () => undefined,
  ) {}

  get isOpen(): boolean {
    return this.transaction !== null;
  }

  async begin(): Promise<void> {
    this.transaction = await this.pool.connect();
    await this.transaction.query('begin');
  }

  async end(how: 'commit' | 'rollback'): Promise<void> {
    await this.transaction?.query(how);
    this.transaction?.release();
    this.transaction = null;
  }

  /** Asks inside the open transaction, or beside it. What goes wrong is an answer, too. */
  async ask(question: Question, known: Known, isInside: boolean): Promise<unknown> {
    const on = (isInside ? this.transaction : null) ?? this.pool;
    const answer = question(on as unknown as Queryable & Pool & Tx, known).catch(
      (error: unknown) => {
        const code = sqlState(error);
        if (code === null) throw error;
        return { sqlState: code };
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    this.giveUp();
    const result = await answer;
    // What PostgreSQL has refused inside a transaction is the end of it.
    if (isInside && isRefusal(result)) await this.end('rollback');
    return result;
  }
}

function isRefusal(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'sqlState' in result;
}

/** Does everything at once and without any trouble. */
export const DIRECT: Client = {
  sessions: new Set<Session>(),
  act: (_name, work) => work(),
};

/** The in-memory database as one of the two sides. */
export function memorySide(database: MemoryDatabase): Side {
  return new Side(database.pool(DIRECT), () => {
    database.expireLocks();
  });
}
