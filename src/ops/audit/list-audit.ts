import { z } from 'zod';
import { AUDIT_ACTIONS } from '../../audit/audit.queries.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { refuseUnlikely } from '../events/event-filter.js';
import { pageShape, text, time, toPage, type Page } from '../list-query.js';
import { findAuditEntries, type AuditView } from './audit-entry.queries.js';

const listQuery = z.strictObject({
  ...pageShape,
  actor: text.optional(),
  action: z.enum(AUDIT_ACTIONS).optional(),
  subject: text.optional(),
  from: time.optional(),
  to: time.optional(),
});

/** What people did, newest first. @throws TollgateError `bad_request` */
export async function listAudit({ database }: Services, query: unknown): Promise<Page<AuditView>> {
  const { limit, cursor, actor, action, subject, from, to } = readInput(listQuery, query);
  refuseUnlikely(from, to);
  const entries = await findAuditEntries(database.command, {
    actor: actor ?? null,
    action: action ?? null,
    subject: subject ?? null,
    from: from ?? null,
    to: to ?? null,
    beforeId: cursor ?? null,
    limit: limit + 1,
  });
  return toPage(entries, limit, (entry) => entry);
}
