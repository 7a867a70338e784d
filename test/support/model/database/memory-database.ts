import type { Pool } from 'pg';
import { BinaryArray } from '../../../../src/database/binary-array.js';
import { Session } from './session.js';
import {
  DEADLOCK,
  LOCK_NOT_AVAILABLE,
  PostgresError,
  type Answer,
  type Statement,
} from './statement.js';
import { STATEMENTS } from './statements.js';
import { LockWait } from './table.js';
import { Tables } from './tables.js';

/** A statement as our code hands it to `pg`. */
type Query = string | { readonly name?: string; readonly values?: readonly unknown[] };

/** Whose statements they are: each is one act of his, and may go wrong as such. */
export interface Client {
  readonly sessions: Set<Session>;
  act<T>(name: string, work: () => Promise<T>, cut: () => void): Promise<T>;
}

/** A statement that waits for a lock. */
interface Waiting {
  readonly session: Session;
  readonly untilMs: number;
  holder: Session;
  readonly tryAgain: () => void;
  readonly giveUp: (error: Error) => void;
}

/**
 * A PostgreSQL that knows no SQL but our statements, by their names: rows, transactions, row locks
 * with `skip locked` and timeouts, and a clock that stands still until it is moved. Each statement
 * happens at once and as a whole, as READ COMMITTED sees them.
 *
 * What it does not have: foreign keys and CHECKs, and with them the locks of foreign keys; the
 * times between the beginning and the end of a statement; a statement that has waited for a lock
 * is begun anew, where PostgreSQL looks again at the rows that it waited for alone.
 */
export class MemoryDatabase {
  readonly tables = new Tables();
  /** What must not happen and would be taken for an error of an event: a statement nobody knows. */
  readonly defects: string[] = [];
  private readonly statements: Readonly<Record<string, Statement>>;
  private waiting: Waiting[] = [];

  /** @param planted statements that do something else than those of `src/` */
  constructor(
    private readonly clock: { readonly nowMs: number },
    planted: Readonly<Record<string, Statement>> = {},
    private readonly lockTimeoutMs = 5000,
  ) {
    this.statements = { ...STATEMENTS, ...planted };
  }

  /** A pool as `src/` knows it. */
  pool(client: Client): Pool {
    const ask = (session: Session, what: Query) => {
      const cut = () => {
        this.close(session);
      };
      return client.act(nameOf(what), () => this.query(session, what), cut);
    };
    const connect = () => {
      const session = this.open();
      client.sessions.add(session);
      const release = (failure?: Error | boolean) => {
        client.sessions.delete(session);
        if (failure) this.close(session);
      };
      return Promise.resolve({ query: (what: Query) => ask(session, what), release });
    };
    return { connect, query: (what: Query) => ask(this.open(), what) } as unknown as Pool;
  }

  open(): Session {
    return new Session(this.lockTimeoutMs);
  }

  /** Ends a connection: what it has not committed is undone, and what it waits for is forgotten. */
  close(session: Session): void {
    session.isClosed = true;
    this.waiting = this.waiting.filter((one) => one.session !== session);
    session.rollback();
    this.wake(session);
  }

  /** Does a statement; it takes as long as others hold what it needs. */
  async query(session: Session, what: Query): Promise<Answer> {
    if (session.isClosed) throw new Error('Connection terminated');
    if (typeof what === 'string') return this.control(session, what);
    const isAlone = !session.isInTransaction;
    if (isAlone) session.nowMs = this.clock.nowMs;
    try {
      const answer = await this.attempt(session, what);
      if (isAlone) this.end(session, 'commit');
      return answer;
    } catch (error) {
      if (isAlone) this.end(session, 'rollback');
      throw error;
    }
  }

  /** Gives up whatever has waited for a lock for too long. */
  expireLocks(): void {
    for (const one of this.waiting.filter(({ untilMs }) => untilMs <= this.clock.nowMs)) {
      this.waiting = this.waiting.filter((other) => other !== one);
      one.giveUp(new PostgresError(LOCK_NOT_AVAILABLE, 'canceling statement due to lock timeout'));
    }
  }

  /** True while the session waits for a lock. */
  isWaiting(session: Session): boolean {
    return this.waiting.some((one) => one.session === session);
  }

  private control(session: Session, what: string): Answer {
    if (what === 'begin') session.begin(this.clock.nowMs);
    else if (what === 'commit' || what === 'rollback') this.end(session, what);
    else throw this.unknown(what);
    return NOTHING;
  }

  private end(session: Session, how: 'commit' | 'rollback'): void {
    session[how]();
    this.wake(session);
  }

  private attempt(session: Session, what: Exclude<Query, string>): Answer | Promise<Answer> {
    const statement = this.statements[what.name ?? ''];
    if (!statement) throw this.unknown(what.name ?? 'a statement without a name');
    const { nowMs } = session;
    const access = { tables: this.tables, session, nowMs };
    try {
      const values = (what.values ?? []).map(asWritten);
      return statement(access, ...(values as never[]));
    } catch (error) {
      if (!(error instanceof LockWait)) throw error;
      return this.wait(session, error.holder, what);
    }
  }

  private wait(session: Session, holder: Session, what: Exclude<Query, string>): Promise<Answer> {
    for (let next: Session | undefined = holder; next; next = this.holderOf(next)) {
      if (next === session) throw new PostgresError(DEADLOCK, 'deadlock detected');
    }
    return new Promise((resolve, reject) => {
      const untilMs = this.clock.nowMs + session.lockTimeoutMs;
      const tryAgain = () => {
        // What it throws becomes the rejection, whatever it is.
        resolve(
          new Promise((again) => {
            again(this.attempt(session, what));
          }),
        );
      };
      this.waiting.push({ session, untilMs, holder, tryAgain, giveUp: reject });
    });
  }

  private holderOf(session: Session): Session | undefined {
    return this.waiting.find((one) => one.session === session)?.holder;
  }

  /** Who has waited for this session goes on, in the order in which they came. */
  private wake(holder: Session): void {
    const woken = this.waiting.filter((one) => one.holder === holder);
    this.waiting = this.waiting.filter((one) => one.holder !== holder);
    for (const { tryAgain } of woken) tryAgain();
  }

  private unknown(what: string): Error {
    const defect = `the in-memory database knows no statement ${what}`;
    this.defects.push(defect);
    return new Error(defect);
  }
}

const NOTHING: Answer = { rows: [], rowCount: 0 };

function nameOf(what: Query): string {
  return typeof what === 'string' ? what.toUpperCase() : (what.name ?? 'unnamed');
}

/** The array of our code, whatever it becomes on the way. */
function asWritten(value: unknown): unknown {
  return value instanceof BinaryArray ? value.values : value;
}
