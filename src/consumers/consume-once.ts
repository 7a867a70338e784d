import type { Pool } from 'pg';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, retryDeadlocks, type Tx } from '../database/transaction.js';
import { failPoint } from '../fail-points.js';

/** `duplicate`: the effect of this message was committed before. */
export type Consumed = 'consumed' | 'duplicate';

/** Whatever names a message. */
export interface Consumable {
  /** The same however often the message is sent. */
  readonly id: string;
}

/**
 * Lets the effect of a message happen once, however often the message comes and however many
 * processes it comes to: `(consumer, message id)` is inserted in the transaction of the effect, so
 * either both are committed or neither. Who comes second at the same time waits for the first.
 *
 * The database needs the table of {@link CONSUMED_MESSAGES_TABLE}. An effect outside of it (an
 * e-mail, a request) is not undone with the transaction: pass the message id on as its idempotency
 * key.
 *
 * @param database where the effect happens: a TypeORM data source, or a pool of `pg`
 * @param effect runs in the transaction it is given, and does nothing besides; it may run again
 * when PostgreSQL gives a transaction up for a deadlock
 * @throws whatever `effect` throws; then nothing has happened
 */
export function consumeOnce(
  database: DataSource,
  consumer: string,
  message: Consumable,
  effect: (manager: EntityManager) => Promise<unknown>,
): Promise<Consumed>;
export function consumeOnce(
  database: Pool,
  consumer: string,
  message: Consumable,
  effect: (tx: Tx) => Promise<unknown>,
): Promise<Consumed>;
export async function consumeOnce(
  database: DataSource | Pool,
  consumer: string,
  message: Consumable,
  effect: (transaction: never) => Promise<unknown>,
): Promise<Consumed> {
  const consumed = await commitOnce(database, consumer, message, effect);
  await failPoint('consumer.committed', consumer);
  return consumed;
}

async function commitOnce(
  database: DataSource | Pool,
  consumer: string,
  { id }: Consumable,
  effect: (transaction: never) => Promise<unknown>,
): Promise<Consumed> {
  if ('transaction' in database) {
    return retryDeadlocks(() =>
      database.transaction(async (manager) => {
        const rows: unknown[] = await manager.query(INSERT, [consumer, id]);
        if (rows.length === 0) return 'duplicate';
        await effect(manager as never);
        await failPoint('consumer.before_commit', consumer);
        return 'consumed';
      }),
    );
  }
  return inTransaction(database, async (tx) => {
    const values = [consumer, id];
    const { rowCount } = await tx.query({ name: 'insert-consumed', text: INSERT, values });
    if (rowCount === 0) return 'duplicate';
    await effect(tx as never);
    await failPoint('consumer.before_commit', consumer);
    return 'consumed';
  });
}

// The primary key (consumer, message_id) makes a message that comes again harmless.
const INSERT = `
  insert into consumed_messages (consumer, message_id) values ($1, $2)
  on conflict (consumer, message_id) do nothing
  returning message_id`;

/** What {@link consumeOnce} needs in the database of another service. */
export const CONSUMED_MESSAGES_TABLE = `
create table if not exists consumed_messages (
  consumer text not null,
  message_id uuid not null,
  consumed_at timestamptz not null default now(),
  primary key (consumer, message_id)
)`;
