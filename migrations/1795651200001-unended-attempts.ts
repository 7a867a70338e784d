import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `inbox` notices events whose processing ends the process, of which no attempt is ever recorded.
 *
 * - `rings`: how often the sweeper rang for the event without an outcome. A ring that nobody heard
 *   counts too, so this alone says nothing; it only says of what attempts are to be noted.
 * - `unended`: attempts that were noted when they began, and never came to an end. A process died,
 *   or hangs.
 *
 * Both begin anew with each recorded attempt and each replay. With constant defaults and without a
 * CHECK, neither column touches a row.
 */
export class UnendedAttempts1795651200001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table inbox
        add column rings smallint not null default 0,
        add column unended smallint not null default 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table inbox drop column unended, drop column rings');
  }
}
