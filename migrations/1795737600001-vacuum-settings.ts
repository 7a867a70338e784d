import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When autovacuum looks at the tables of the hot path, and how full their pages are made. The
 * defaults wait for a fifth of a table: of a hundred million events, for twenty million dead rows.
 *
 * - `inbox`: each event leaves one dead row, since its outcome is in the predicates of indexes and
 *   the update can never be HOT. All of them lie in `inbox_ring`, at whose beginning the sweeper
 *   reads. So a vacuum comes after a fiftieth; a fixed number would make it read the large indexes
 *   all day long. `fillfactor` stays: it would only help updates that are HOT.
 * - `payments`: derived anew with each event; status and due time are indexed, amounts and version
 *   are not. Most updates of a payment that was told before change only those, and are HOT if there
 *   is room in the page: hence a `fillfactor` of 80.
 * - `orders`: no index holds anything that changes, so each update is HOT if there is room.
 * - `payment_facts`: a register that is told again keeps its key. Most are never told again.
 * - `dispatches`: each is updated about three times within seconds, and its status is in predicates:
 *   a queue in a table, of which almost nothing waits. A vacuum after a fiftieth; `dispatches_due`
 *   is read at its beginning.
 * - `outbox`: one update each, of a column that two predicates have.
 * - `idempotency_keys`: written three times each, then deleted.
 * - The analysis of `inbox`, `payments` and `orders` comes after a fiftieth, too: the newest ids lie
 *   beyond every histogram, and the planner guesses what it does not know.
 */
export class VacuumSettings1795737600001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, settings] of Object.entries(SETTINGS)) {
      const list = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
      await runner.query(`alter table ${table} set (${list.join(', ')})`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, settings] of Object.entries(SETTINGS)) {
      await runner.query(`alter table ${table} reset (${Object.keys(settings).join(', ')})`);
    }
  }
}

const OFTEN = { autovacuum_vacuum_scale_factor: 0.02, autovacuum_analyze_scale_factor: 0.02 };

const SETTINGS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  inbox: { ...OFTEN, autovacuum_vacuum_insert_scale_factor: 0.05 },
  payments: { ...OFTEN, fillfactor: 80 },
  orders: { ...OFTEN, fillfactor: 80 },
  payment_facts: { autovacuum_vacuum_scale_factor: 0.02 },
  dispatches: { ...OFTEN },
  outbox: { autovacuum_vacuum_scale_factor: 0.02 },
  idempotency_keys: { ...OFTEN },
};
