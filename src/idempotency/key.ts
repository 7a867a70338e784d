import type { ErrorCode } from '../errors.js';
import type { State } from './operation.js';

/** Names a key: scoped to who calls and what is asked for. */
export interface KeyScope {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
}

/** A key that this process runs: every write is guarded by `owner`. */
export interface HeldKey extends KeyScope {
  readonly owner: string;
  /** JSON of `{ params, body }`. */
  readonly request: string;
  readonly recoveryPoint: string;
  readonly state: State;
  readonly attempts: number;
}

/** A response as it goes over the wire. */
export interface StoredResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Why a request could not be finished, as whoever waits for it is told. */
export interface KeyError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** A key as somebody finds it who did not insert it. */
export interface FoundKey {
  readonly fingerprint: Buffer;
  /** Why it could not be finished the last time; null: nothing is known to be wrong. */
  readonly lastError: KeyError | null;
  /** Somebody runs it. */
  readonly isLocked: boolean;
  /** Who ran it did not let it go: it has died, or is about to lose the key. */
  readonly isAbandoned: boolean;
  readonly isExpired: boolean;
  /** Null while the request is not done. */
  readonly response: StoredResponse | null;
}
