import type { Pool } from 'pg';
import { newId } from '../new-id.js';
import { inTransaction, limitLockWait, sqlState } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import { failPointOfEach } from '../fail-points.js';
import type { VerifiedEvent } from '../providers/provider.js';
import { findStored, insertEvents, type InboxInsert } from './inbox.queries.js';
import type { Redelivery } from './redelivery.queries.js';

/** What the answer to a delivery says. Both are a promise: the event is committed. */
export type Receipt = 'recorded' | 'duplicate';

/** Limits of the acknowledging path. */
export interface ReceiverOptions {
  readonly rowsMax: number;
  readonly bytesMax: number;
  readonly flushesMax: number;
  /** Events and bytes that may wait for their INSERT; one more is refused with `overloaded`. */
  readonly waitingEventsMax: number;
  readonly waitingBytesMax: number;
  readonly graceSeconds: number;
}

/** Who wants to know what came in. Called after the commit; the answer waits for none of them. */
export interface ReceiverListeners {
  /** New events are committed: ring for them. */
  readonly recorded: (ids: readonly string[]) => void;
  readonly redelivered: (redelivery: Redelivery) => void;
  readonly flushed: (rows: number, seconds: number) => void;
}

interface Waiting extends InboxInsert {
  /** Of the event, as one text: what rows are sorted and compared by. */
  readonly key: string;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

/** A flush starts beside another one only when this many events wait: small ones cost the same. */
const PARALLEL_ROWS_MIN = 32;

const LOCK_NOT_AVAILABLE = '55P03';
/** Only a lock on the whole table makes a read wait. */
const FIND_LOCK_TIMEOUT_MS = 50;

/**
 * Records verified events, many in one INSERT. An event that arrives when nothing is under way is
 * flushed at once; what arrives during a flush shares the next one. No timer is involved, so an
 * idle service adds no latency and a busy one fills its batches by itself.
 */
export class EventReceiver {
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private flushes = 0;
  private idle: (() => void)[] = [];

  constructor(
    private readonly pool: Pool,
    private readonly options: ReceiverOptions,
    private readonly listeners: ReceiverListeners,
  ) {}

  /**
   * Resolves when the event is committed, never earlier.
   * @throws TollgateError `overloaded` when too much waits; `storage_unavailable` when PostgreSQL
   * cannot commit, or when nobody knows whether it did: the provider sends it again, and then it
   * is a duplicate
   */
  receive(provider: string, account: string, event: VerifiedEvent): Promise<Receipt> {
    const { waitingEventsMax, waitingBytesMax } = this.options;
    const bytes = this.waitingBytes + event.body.length;
    if (this.waiting.length >= waitingEventsMax || bytes > waitingBytesMax) {
      return Promise.reject(new TollgateError('overloaded', 'too many events wait to be stored'));
    }
    return new Promise((resolve, reject) => {
      const key = `${provider} ${account} ${event.eventId}`;
      this.waiting.push({ id: newId(), key, provider, account, event, resolve, reject });
      this.waitingBytes = bytes;
      this.startFlushes();
    });
  }

  /** Events that wait for their INSERT now. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Resolves when everything that was received has its answer. */
  drained(): Promise<void> {
    if (this.flushes === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private startFlushes(): void {
    while (this.mayFlush()) {
      this.flushes += 1;
      void this.flush(this.takeBatch()).finally(() => {
        this.flushes -= 1;
        this.startFlushes();
        if (this.flushes === 0) for (const resolve of this.idle.splice(0)) resolve();
      });
    }
  }

  private mayFlush(): boolean {
    if (this.waiting.length === 0 || this.flushes >= this.options.flushesMax) return false;
    return this.flushes === 0 || this.waiting.length >= PARALLEL_ROWS_MIN;
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let rows = 0;
    for (const { event } of this.waiting) {
      bytes += event.body.length;
      if (rows > 0 && (rows >= this.options.rowsMax || bytes > this.options.bytesMax)) break;
      rows += 1;
    }
    const batch = this.waiting.slice(0, rows);
    this.waiting = this.waiting.slice(rows);
    this.waitingBytes -= batch.reduce((total, one) => total + one.event.body.length, 0);
    return batch;
  }

  private async flush(batch: readonly Waiting[]): Promise<void> {
    const { first, repeated } = splitRepeated(batch);
    await failPointOfEach('ingest.received', batch, namesOf);
    const startedAt = performance.now();
    const receipts = await this.store(first);
    this.listeners.flushed(first.length, (performance.now() - startedAt) / 1000);
    await failPointOfEach('ingest.committed', batch, namesOf);

    const recorded: string[] = [];
    for (const one of batch) {
      const original = repeated.get(one) ?? one;
      const receipt = receipts.get(original.id) ?? unstored();
      if (receipt instanceof Error) one.reject(receipt);
      else if (receipt === 'recorded' && original === one) {
        recorded.push(one.id);
        one.resolve('recorded');
      } else {
        one.resolve('duplicate');
        this.listeners.redelivered(toRedelivery(one));
      }
    }
    if (recorded.length > 0) this.listeners.recorded(recorded);
  }

  private refuseWaiting(failure: Error): void {
    for (const one of this.waiting.splice(0)) one.reject(failure);
    this.waitingBytes = 0;
  }

  /** Inserts rows; halves a batch that fails on its data until the bad row stands alone. */
  private async store(rows: readonly Waiting[]): Promise<Map<string, Receipt | Error>> {
    if (rows.length === 0) return new Map();
    try {
      const sorted = rows.toSorted(compareKeys);
      const recorded = await insertEvents(this.pool, sorted, this.options.graceSeconds);
      return new Map(rows.map(({ id }) => [id, recorded.has(id) ? 'recorded' : 'duplicate']));
    } catch (error) {
      const known = sqlState(error) === LOCK_NOT_AVAILABLE ? await this.findKnown(rows) : [];
      if (known.length > 0) {
        const others = await this.store(rows.filter((row) => !known.includes(row)));
        return new Map([...known.map(({ id }) => [id, 'duplicate'] as const), ...others]);
      }
      if (rows.length === 1 || !isAboutData(error)) {
        const failure = unstored(error);
        // Whoever waits behind a database that hangs would only wait longer for the same answer.
        if (isTimeout(error)) this.refuseWaiting(failure);
        return new Map(rows.map(({ id }) => [id, failure]));
      }
      const middle = Math.ceil(rows.length / 2);
      const left = await this.store(rows.slice(0, middle));
      const right = await this.store(rows.slice(middle));
      return new Map([...left, ...right]);
    }
  }

  /**
   * An INSERT waits for whoever has changed a row of the same key and not committed yet: a worker
   * that stopped in the middle. That row is committed all the same, so its event is a duplicate, and
   * its neighbours need not suffer for it.
   */
  private async findKnown(rows: readonly Waiting[]): Promise<readonly Waiting[]> {
    const finding = inTransaction(this.pool, async (tx) => {
      await limitLockWait(tx, FIND_LOCK_TIMEOUT_MS);
      return findStored(tx, rows);
    });
    return finding.catch(() => []); // the whole table is locked, or worse: the first error tells
  }
}

/** The same event more than once in one batch: the first is stored, the others are duplicates. */
function splitRepeated(batch: readonly Waiting[]): {
  first: Waiting[];
  repeated: Map<Waiting, Waiting>;
} {
  const byKey = new Map<string, Waiting>();
  const repeated = new Map<Waiting, Waiting>();
  for (const one of batch) {
    const original = byKey.get(one.key);
    if (original) repeated.set(one, original);
    else byKey.set(one.key, one);
  }
  return { first: [...byKey.values()], repeated };
}

function toRedelivery({ provider, account, event }: Waiting): Redelivery {
  const { eventId, fingerprint, body } = event;
  return { provider, account, eventId, fingerprint, body, deliveries: 1 };
}

/** Data exception, integrity violation, program limit: the rows are at fault, not the database. */
function isAboutData(error: unknown): boolean {
  return ['22', '23', '54'].includes(sqlState(error)?.slice(0, 2) ?? '');
}

/** Our own client gave up waiting, or the server cancelled the statement. */
function isTimeout(error: unknown): boolean {
  return sqlState(error) === '57014' || (error instanceof Error && /timeout/i.test(error.message));
}

function unstored(cause?: unknown): TollgateError {
  return new TollgateError('storage_unavailable', 'the event could not be stored', { cause });
}

function namesOf({ event }: Waiting): readonly string[] {
  return [event.eventType, event.eventId];
}

function compareKeys(one: Waiting, other: Waiting): number {
  return one.key < other.key ? -1 : 1;
}
