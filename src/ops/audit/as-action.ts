import type { Caller } from '../../access/authenticate.js';
import { insertAuditEntry, type AuditAction } from '../../audit/audit.queries.js';
import { TollgateError, type ErrorCode } from '../../errors.js';
import type { Services } from '../../services.js';

const SUBJECT_CHARACTERS_MAX = 255;

/** Something that a person wants done. */
export interface WantedAction {
  readonly action: AuditAction;
  /** As it was given, which may be nonsense; null: nothing of its own. */
  readonly subject: string | null;
}

/**
 * Does what a person wants. What it refuses is written down too; what it does, `work` writes down
 * itself, in its own transaction.
 */
export async function asAction<T>(
  services: Services,
  caller: Caller,
  wanted: WantedAction,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TollgateError) await noteRefusal(services, caller, wanted, error.code);
    throw error;
  }
}

/**
 * Writes down that somebody was refused; that is the answer, whether or not it could be written.
 * What somebody is refused more often than a person can ask for is in the log alone: a program that
 * asks for ever must not fill a table that nobody may empty.
 */
export async function noteRefusal(
  { database, logger }: Pick<Services, 'database' | 'logger'>,
  { name: actor, role }: Caller,
  { action, subject }: WantedAction,
  result: ErrorCode,
): Promise<void> {
  const entry = { actor, role, action, subject: nameable(subject), result };
  if (!REFUSALS.admit(actor, Date.now())) {
    logger.warn(entry, 'refused too often for the audit');
    return;
  }
  await insertAuditEntry(database.command, entry).catch((failure: unknown) => {
    logger.warn({ ...entry, error: failure }, 'a refusal is missing in the audit');
  });
}

const MINUTE_MS = 60_000;
const REFUSALS_PER_MINUTE = 120;

/** How often each caller was refused within the minute; there are no more callers than tokens. */
class RefusalLimit {
  private readonly counts = new Map<string, { minute: number; refusals: number }>();

  admit(actor: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = this.counts.get(actor);
    const refusals = known?.minute === minute ? known.refusals + 1 : 1;
    this.counts.set(actor, { minute, refusals });
    return refusals <= REFUSALS_PER_MINUTE;
  }
}

const REFUSALS = new RefusalLimit();

/** What somebody called a subject, as far as it can be stored. */
function nameable(subject: string | null): string | null {
  const name = subject?.replaceAll('\u0000', '').slice(0, SUBJECT_CHARACTERS_MAX);
  return name ? name : null;
}
