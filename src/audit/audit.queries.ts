import { newId } from '../new-id.js';
import type { Queryable } from '../database/transaction.js';

/** What a person can do besides reading. */
export const AUDIT_ACTIONS = [
  'event.replay',
  'event.discard',
  'event.download',
  'message.replay',
  'message.discard',
  'replay.start',
  'replay.pause',
  'replay.resume',
  'replay.cancel',
  'review.claim',
  'review.release',
  'review.propose',
  'review.resolve',
  'consumer.remove',
  'console.login',
  'console.logout',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did what, why, and what came of it. Never a secret or a payload. */
export interface AuditEntry {
  /** Name of the token, and its role. */
  readonly actor: string;
  readonly role: string;
  readonly action: AuditAction;
  /** Id of what it was done to; null: to nothing of its own. */
  readonly subject?: string | null;
  /** As the person gave it. */
  readonly reason?: string | null;
  /** Which of many it was done to. */
  readonly filter?: Readonly<Record<string, unknown>> | null;
  /** To how many. */
  readonly counts?: Readonly<Record<string, number>> | null;
  /** `done`, `unchanged`, or the code with which it was refused. */
  readonly result: string;
}

/**
 * Writes down what a person did: in the transaction that does it, so that neither is without the
 * other. A trigger keeps what is written from being changed or removed.
 */
export async function insertAuditEntry(database: Queryable, entry: AuditEntry): Promise<void> {
  await database.query({
    name: 'insert-audit-entry',
    text: `
      insert into audit_entries (id, actor, role, action, subject, reason, filter, counts, result)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values: [
      newId(),
      entry.actor,
      entry.role,
      entry.action,
      entry.subject ?? null,
      entry.reason ?? null,
      entry.filter ? JSON.stringify(entry.filter) : null,
      entry.counts ? JSON.stringify(entry.counts) : null,
      entry.result,
    ],
  });
}
