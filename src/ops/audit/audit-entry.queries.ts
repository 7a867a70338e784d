import type { AuditAction } from '../../audit/audit.queries.js';
import type { Queryable } from '../../database/transaction.js';

/** What somebody did. */
export interface AuditView {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly role: string;
  readonly action: AuditAction;
  readonly subject: string | null;
  readonly reason: string | null;
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly counts: Readonly<Record<string, number>> | null;
  readonly result: string;
}

/** Which entries to list; null: whichever. */
export interface AuditFilter {
  readonly actor: string | null;
  readonly action: AuditAction | null;
  readonly subject: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly beforeId: string | null;
  readonly limit: number;
}

/** Newest first. */
export async function findAuditEntries(
  database: Queryable,
  filter: AuditFilter,
): Promise<AuditView[]> {
  const { rows } = await database.query<AuditView>(
    `select id, at, actor, role, action, subject, reason, filter, counts, result
     from audit_entries
     where ($1::text is null or actor = $1) and ($2::text is null or action = $2)
       and ($3::text is null or subject = $3) and ($4::timestamptz is null or at >= $4)
       and ($5::timestamptz is null or at < $5) and ($6::uuid is null or id < $6)
     order by id desc limit $7`,
    [
      filter.actor,
      filter.action,
      filter.subject,
      filter.from,
      filter.to,
      filter.beforeId,
      filter.limit,
    ],
  );
  return rows;
}
