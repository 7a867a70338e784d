import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `idempotency_keys`: one row per request of a caller, operation and key. Whoever inserts it runs
 * the request; everybody else waits for it and gets the stored response.
 *
 * - `fingerprint` is the SHA-256 of method, route and canonical body: the same key with another one
 *   is refused.
 * - `request` is what a process that did not receive the request needs to finish it: JSON as text,
 *   since jsonb refuses U+0000, and a request that holds it is to be refused with a stored answer.
 *   The other columns are json for the same reason; nothing looks into them.
 * - `recovery_point` names the phase that comes next, `state` is what earlier phases left for it.
 *   Both are written in the transaction of the phase, so a process may die after any line.
 * - `locked_by`, `locked_until`: who runs it, and how long that counts without a sign of life. After
 *   that anybody may take it over. Every phase is guarded by `locked_by`, so a process that was
 *   thought dead and wakes up changes nothing.
 * - `last_error` is the code, message and members of the attempt that could not be finished.
 * - `resume_at` is when a completer takes up what nobody runs; it grows with `attempts`.
 * - `response_body` is bytes: a replay is the same byte for byte.
 * - `expires_at`: after that nobody takes it up, the key is forgotten, and a late retry is a new
 *   request.
 *
 * Indexes: the completer reads only what is under way, the clean-up goes by age.
 */
export class Idempotency1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotency_keys (
        caller text not null check (length(caller) between 1 and 64),
        operation text not null check (length(operation) between 1 and 64),
        key text not null check (length(key) between 1 and 255),
        fingerprint bytea not null check (length(fingerprint) = 32),
        status text not null default 'in_progress' check (status in ('in_progress', 'done')),
        request text not null,
        recovery_point text not null,
        state json not null default '{}',
        attempts integer not null default 1 check (attempts >= 1),
        last_error json,
        locked_by uuid,
        locked_until timestamptz not null,
        resume_at timestamptz not null,
        response_status smallint check (response_status between 200 and 499),
        response_headers json,
        response_body bytea,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        expires_at timestamptz not null,
        primary key (caller, operation, key),
        constraint idempotency_keys_done_check check (
          (status = 'done') = (response_status is not null)
          and (status = 'done') = (response_headers is not null)
          and (status = 'done') = (response_body is not null)
          and (status = 'done') = (finished_at is not null)
          and (status = 'in_progress' or locked_by is null))
      )`);
    await runner.query(`
      create index idempotency_keys_resume on idempotency_keys (resume_at)
        where status = 'in_progress'`);
    await runner.query(`create index idempotency_keys_expiry on idempotency_keys (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotency_keys');
  }
}
