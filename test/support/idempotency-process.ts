import type pg from 'pg';

/** Does something that leaves the process: a statement, a connection, a request to somebody. */
export type Act = <T>(what: string, action: () => Promise<T>) => Promise<T>;

/** A process as far as others can see it: everything that it does passes one place. */
export interface ToyProcess {
  readonly act: Act;
  readonly pool: pg.Pool;
}

/**
 * A process of which a test decides what becomes of each of its acts.
 * @param pool shared with other processes of the test; connections of one that ends are closed
 */
export function toyProcess(pool: pg.Pool, act: Act = healthy): ToyProcess {
  const query =
    (client: pg.Pool | pg.PoolClient) => (statement: pg.QueryConfig | string, values?: unknown[]) =>
      act(nameOf(statement), () => client.query(statement, values));
  const connect = async () => {
    // Not as its action, since nobody would give back a connection whose arrival fails.
    await act('connect', () => Promise.resolve());
    const client = await pool.connect();
    return { query: query(client), release: (error?: Error) => client.release(error ?? false) };
  };
  return { act, pool: { query: query(pool), connect } as unknown as pg.Pool };
}

function nameOf(statement: pg.QueryConfig | string): string {
  return typeof statement === 'string' ? statement : (statement.name ?? statement.text);
}

/** Nothing happens to it. */
export const healthy: Act = (_what, action) => action();

/** Where a process meets its trouble. */
export interface Trouble {
  /** Which of its acts, from 1 on. */
  readonly at: number;
  /** Before: the act has no effect. After: it has, and nobody hears of it. */
  readonly when: 'before' | 'after';
  /** `dies`: it does nothing ever after; `fails`: that act fails, and others do not. */
  readonly how: 'dies' | 'fails';
}

/** What a broken connection says. */
const CONNECTION_LOST = 'Connection terminated unexpectedly';

/** Acts that meet one trouble. `acts` names them as they come, so that a test can list them. */
export function troubled({ at, when, how }: Trouble): {
  readonly act: Act;
  readonly acts: string[];
} {
  const acts: string[] = [];
  const isDead = () => how === 'dies' && acts.length >= at;
  return {
    acts,
    act: async (what, action) => {
      if (isDead()) throw new Error(CONNECTION_LOST);
      acts.push(what);
      if (acts.length !== at) return action();
      if (when === 'after') await action();
      throw new Error(CONNECTION_LOST);
    },
  };
}

/** Acts that stop at one of them, as those of a process that is stopped or swapped out. */
export class Freezer {
  private acts = 0;
  private thaw: () => void = () => undefined;
  private frozen: Promise<void> = Promise.resolve();
  isFrozen = false;

  /** @param at the act before which it stops, from 1 on */
  constructor(private readonly at: number) {}

  readonly act: Act = async (_what, action) => {
    this.acts += 1;
    if (this.acts === this.at) {
      this.isFrozen = true;
      this.frozen = new Promise((resolve) => (this.thaw = resolve));
    }
    await this.frozen;
    return action();
  };

  /** Lets it go on as if nothing had been. */
  resume(): void {
    this.thaw();
  }
}

/** Acts that are done one by one, when a test says so. */
export class Gate {
  private readonly waiting: { readonly go: () => Promise<void>; readonly die: () => void }[] = [];
  private isDead = false;
  private breaks: Trouble['when'] | null = null;

  readonly act: Act = (_what, action) =>
    new Promise((resolve, reject) => {
      const die = () => reject(new Error(CONNECTION_LOST));
      const go = async () => {
        const breaks = this.breaks;
        this.breaks = null;
        if (breaks !== 'before') await action().then(breaks === null ? resolve : die, reject);
        if (breaks !== null) die();
      };
      if (this.isDead) die();
      else this.waiting.push({ go, die });
    });

  /** True when the process has come to its next act. */
  get hasNext(): boolean {
    return this.waiting.length > 0;
  }

  /** Does the next act, if there is one. */
  async step(): Promise<void> {
    await this.waiting.shift()?.go();
  }

  /** The next act fails. */
  breakNext(when: Trouble['when']): void {
    this.breaks = when;
  }

  /** Nothing more is done, ever. */
  kill(): void {
    this.isDead = true;
    for (const { die } of this.waiting.splice(0)) die();
  }
}

/** A promise that a test fulfils when it likes. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((fulfil) => (resolve = fulfil));
  return { promise, resolve: () => resolve() };
}
