import pg from 'pg';

/** What the types of `pg` do not tell of a client. */
interface Inside {
  readonly connectionParameters: { query_timeout: number | false };
  readonly connection: pg.Connection;
}

/**
 * A connection that may break at any moment without ending the process: what every pool and every
 * client of ours is made of.
 *
 * `pg` tells of a break by an `error` event, and Node ends a process in which nobody listens to
 * one. Pools take their listener away while a connection is lent out, and TypeORM and BullMQ put on
 * theirs only once they hold it, which is too late when the server's farewell is read together with
 * the end of the log-in or of an answer. Whoever uses the connection hears of the break anyhow:
 * what is under way fails, and so does every statement after it.
 *
 * It sees to `query_timeout` (milliseconds) by itself, with one timer for a connection, where `pg`
 * makes one for each statement. What has no answer in time has none to wait for: the connection
 * breaks with `Query read timeout`, so a transaction does not wait a second time to be rolled back.
 */
export class BreakableClient extends pg.Client {
  private readonly patienceMs: number;
  /**
   * Since when the statement under way waits: when it was sent or, of one that was handed over before
   * that, when the one before it had its answer. By the clock of `performance`; null: there is none.
   */
  private waitsSinceMs: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const { connectionParameters, connection } = this as unknown as Inside;
    this.patienceMs = Number(connectionParameters.query_timeout);
    connectionParameters.query_timeout = false;
    // A busy pool hands over the next statement with the answer to the last: it is never drained.
    connection.on('readyForQuery', () => {
      if (this.waitsSinceMs !== null) this.waitsSinceMs = performance.now();
    });
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'drain' || event === 'end') this.waitsSinceMs = null;
    if (event === 'error' && this.listenerCount('error') === 0) return false;
    return super.emit(event, ...values);
  }

  /** To be called with each statement. */
  private awaitAnswer(): void {
    if (this.patienceMs === 0) return;
    this.waitsSinceMs ??= performance.now();
    this.timer ??= this.lookIn(this.patienceMs);
  }

  private lookIn(ms: number): NodeJS.Timeout {
    // What is under way keeps the process by its socket.
    return setTimeout(() => {
      this.look();
    }, ms).unref();
  }

  private look(): void {
    this.timer = null;
    if (this.waitsSinceMs === null) return;
    const leftMs = this.waitsSinceMs + this.patienceMs - performance.now();
    if (leftMs > 0) this.timer = this.lookIn(leftMs);
    else (this as unknown as Inside).connection.stream.destroy(new Error('Query read timeout'));
  }
}

// It has too many shapes for an override of its own.
const { query } = pg.Client.prototype as unknown as {
  readonly query: (this: pg.Client, ...asked: unknown[]) => unknown;
};
Object.defineProperty(BreakableClient.prototype, 'query', {
  value(this: BreakableClient, ...asked: unknown[]) {
    this['awaitAnswer']();
    return query.apply(this, asked);
  },
});
