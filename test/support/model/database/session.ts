import type { Held } from './table.js';

/** A connection: what it has locked and written until its transaction ends. */
export class Session {
  /** `now()` of its transaction, milliseconds. */
  nowMs = 0;
  isInTransaction = false;
  isClosed = false;
  lockTimeoutMs: number;
  private held: Held[] = [];

  constructor(private readonly lockTimeoutDefaultMs: number) {
    this.lockTimeoutMs = lockTimeoutDefaultMs;
  }

  begin(nowMs: number): void {
    this.isInTransaction = true;
    this.nowMs = nowMs;
  }

  hold(held: Held): void {
    this.held.push(held);
  }

  commit(): void {
    for (const held of this.take()) held.commit();
  }

  rollback(): void {
    for (const held of this.take()) held.rollback();
  }

  private take(): Held[] {
    const { held } = this;
    this.held = [];
    this.isInTransaction = false;
    this.lockTimeoutMs = this.lockTimeoutDefaultMs; // set_config(…, true) is for a transaction
    return held;
  }
}
