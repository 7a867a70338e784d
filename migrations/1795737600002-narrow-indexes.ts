import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Leaves out of indexes what nobody looks for by them: a row without a value is an entry all the
 * same, and each entry is a record of the write-ahead log.
 *
 * - `transitions`: each belongs to a payment, an order or a dispute, and had entries for all three.
 *   Among rows without a subject nothing is unique.
 * - `payments`, `payment_parts`: made first, and given their order or payment in the same
 *   transaction, each was entered twice.
 */
export class NarrowIndexes1795737600002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const subject of SUBJECTS) {
      const name = `transitions_${subject}_unique`;
      await runner.query(`alter table transitions drop constraint ${name}`);
      await runner.query(
        `create unique index ${name} on transitions (${subject}_id, version)
         where ${subject}_id is not null`,
      );
    }
    for (const { table, index, column } of OWNERS) {
      await runner.query(`drop index ${index}`);
      await runner.query(
        `create index ${index} on ${table} (${column}) where ${column} is not null`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { table, index, column } of OWNERS) {
      await runner.query(`drop index ${index}`);
      await runner.query(`create index ${index} on ${table} (${column})`);
    }
    for (const subject of SUBJECTS) {
      const name = `transitions_${subject}_unique`;
      await runner.query(`drop index ${name}`);
      await runner.query(
        `alter table transitions add constraint ${name} unique (${subject}_id, version)`,
      );
    }
  }
}

const SUBJECTS = ['payment', 'order', 'dispute'] as const;

const OWNERS = [
  { table: 'payments', index: 'payments_order', column: 'order_id' },
  { table: 'payment_parts', index: 'payment_parts_payment', column: 'payment_id' },
] as const;
