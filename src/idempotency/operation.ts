import type { Tx } from '../database/transaction.js';
import type { TollgateError } from '../errors.js';

/** What earlier phases of a request left for the later ones; JSON. */
export type State = Readonly<Record<string, string | number | boolean | null>>;

/** A request while it is run, by whichever process. */
export interface Run {
  /** Name of the API token that sent it. */
  readonly caller: string;
  /** Parameters of the route. */
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON, not validated; null when there was none. */
  readonly body: unknown;
  readonly state: State;
  /** 1 when it is run for the first time, so nothing can have been done before. */
  readonly attempts: number;
}

/** What a client gets, before it is bytes. */
export interface Response {
  readonly status: 200 | 201 | 202;
  /** Besides the content type; in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * What a phase came to. Everything it wrote is committed together with this.
 *
 * - `next`: the recovery point from which the request goes on;
 * - `response`: the request is done;
 * - `refused`: it is done, and the answer is this error of 4xx;
 * - `later`: it could not be finished; the same key goes on from where it stands.
 */
export type Outcome =
  | { readonly next: string; readonly state: State }
  | { readonly response: Response }
  | { readonly refused: TollgateError }
  | { readonly later: TollgateError };

/**
 * One step of a request: it asks others first and writes afterwards, never both at once. Both
 * parts may run again after a crash: what is asked must be harmless to ask again.
 */
export interface Phase {
  /** Asks somebody else, outside of any transaction. */
  readonly call: (run: Run) => Promise<unknown>;
  /** Writes, in the transaction that also moves the recovery point. */
  readonly commit: (tx: Tx, run: Run, answer: unknown) => Promise<Outcome>;
}

/**
 * Something that a client may ask for once: its phases by the recovery point from which each
 * starts. A TollgateError of 4xx that a phase throws is the stored answer, any other is not stored.
 */
export interface Operation {
  /** Scope of the keys, and metric label. */
  readonly name: string;
  /**
   * The recovery point of a new request. Its phase only writes: what fails in it has come to
   * nothing, so the key is forgotten with it.
   */
  readonly first: string;
  readonly phases: Readonly<Record<string, Phase>>;
}

/** A phase that asks somebody; `commit` gets what `call` resolved to. */
export function asking<A>(
  call: (run: Run) => Promise<A>,
  commit: (tx: Tx, run: Run, answer: A) => Promise<Outcome>,
): Phase {
  return { call, commit: (tx, run, answer) => commit(tx, run, answer as A) };
}

/** A phase that asks nobody. */
export function writing(commit: (tx: Tx, run: Run) => Promise<Outcome>): Phase {
  return { call: () => Promise.resolve(), commit };
}
