import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import type { MigrationClass } from '../../src/database/migration-session.js';

/*
 * The release after this one, as far as a database sees it: written as docs/migrations.md asks for.
 * What it adds is made up; that this build does not know it is the point.
 */

/** What can be added under a running build: a table, and a column of one that is there. */
export class OrdersFuture1900000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The stronger lock first: to ask for it with the weaker one at hand is what deadlocks do.
    await runner.query(`alter table orders add column channel text`);
    await runner.query(`
      create table order_notes (
        id uuid primary key,
        order_id uuid not null references orders (id),
        text text not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table orders drop column channel`);
    await runner.query(`drop table order_notes`);
  }
}

/** A column, and a word more in a CHECK, of the table that is never left alone. */
export class InboxFuture1900000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table inbox
        add column region text,
        drop constraint inbox_source_check,
        add constraint inbox_source_check
          check (source in ('webhook', 'verify', 'poll', 'backfill', 'push')) not valid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update inbox set source = 'backfill' where source = 'push'`);
    await runner.query(`
      alter table inbox
        drop column region,
        drop constraint inbox_source_check,
        add constraint inbox_source_check
          check (source in ('webhook', 'verify', 'poll', 'backfill'))`);
  }
}

/** An index on a table in use. What a try that was cut off has left behind goes first. */
export class IndexFuture1900000000002 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index concurrently if exists inbox_region`);
    await runner.query(`
      create index concurrently inbox_region on inbox (region) where region is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index concurrently if exists inbox_region`);
  }
}

/** Looks at every row, and lets everybody write meanwhile. */
export class ValidateFuture1900000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inbox validate constraint inbox_source_check`);
  }

  async down(): Promise<void> {
    // A constraint that holds is no other than one that is known to hold.
  }
}

/** What only the build before that needed goes, once none of its processes is left. */
export class ContractFuture1900000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`update orders set channel = 'shop' where channel is null`);
    await runner.query(`
      alter table orders alter column channel set default 'shop', alter column channel set not null`);
    await runner.query(`drop table order_notes`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table order_notes (
        id uuid primary key,
        order_id uuid not null references orders (id),
        text text not null
      )`);
    await runner.query(`
      alter table orders alter column channel drop not null, alter column channel drop default`);
  }
}

/** What no build may do to another one that runs. */
export class CarelessFuture1900000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inbox rename column body_bytes to bytes`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table inbox rename column bytes to body_bytes`);
  }
}

const EXPANDING: readonly MigrationClass[] = [
  OrdersFuture1900000000000,
  InboxFuture1900000000001,
  IndexFuture1900000000002,
  ValidateFuture1900000000003,
];

/** All migrations of the next release. */
export const EXPANDED: readonly MigrationClass[] = [...MIGRATIONS, ...EXPANDING];

/** All of the release after that. */
export const CONTRACTED: readonly MigrationClass[] = [...EXPANDED, ContractFuture1900000000004];

/** Names, as the database notes them. */
export function namesOf(migrations: readonly MigrationClass[]): string[] {
  return migrations.map(({ name }) => name);
}
