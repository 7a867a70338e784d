import pg from 'pg';

/**
 * A connection that may break at any moment without ending the process: what every pool and every
 * client of ours is made of.
 *
 * `pg` tells of a break by an `error` event, and Node ends a process in which nobody listens to
 * one. Pools take their listener away while a connection is lent out, and TypeORM and BullMQ put on
 * theirs only once they hold it, which is too late when the server's farewell is read together with
 * the end of the log-in or of an answer. Whoever uses the connection hears of the break anyhow:
 * what is under way fails, and so does every statement after it.
 */
export class BreakableClient extends pg.Client {
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'error' && this.listenerCount('error') === 0) return false;
    return super.emit(event, ...values);
  }
}
