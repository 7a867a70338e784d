import { assertSchemaCompatibility } from 'bullmq';
import type pg from 'pg';
import { describeError, fail, ok, warn, type Check } from './check.js';

/** The schema in which BullMQ keeps the queues when there is no Redis. */
export async function checkQueueSchema(client: pg.Client, schema: string | null): Promise<Check[]> {
  const name = 'queues';
  if (schema === null) return [];
  const { rows } = await client.query<{ isThere: boolean; isUsers: boolean }>(
    `select to_regnamespace($1) is not null as "isThere", current_user = $1 as "isUsers"`,
    [schema],
  );
  if (rows[0]?.isUsers === true) {
    const found = `the schema ${schema} has the name of the database user`;
    return [fail(name, found, 'set QUEUE_PREFIX to another one')];
  }
  if (rows[0]?.isThere !== true) {
    return [warn(name, `the schema ${schema} is not there yet`, 'the next start makes it')];
  }
  try {
    await assertSchemaCompatibility(client, schema);
    return [ok(name, `in PostgreSQL, schema ${schema}`)];
  } catch (error) {
    return [warn(name, describeError(error), 'the next start migrates it, unless it is newer')];
  }
}
