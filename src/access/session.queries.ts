import type { Queryable } from '../database/transaction.js';

/** What the next page says once: the outcome of the last form. */
export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly text: string;
}

/** Somebody who is logged in at the console. */
export interface SessionRow {
  readonly idDigest: Buffer;
  readonly tokenDigest: Buffer;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

export async function insertSession(
  database: Queryable,
  session: Omit<SessionRow, 'expiresAt'>,
  hours: number,
): Promise<void> {
  await database.query({
    name: 'insert-console-session',
    text: `
      insert into console_sessions (id_digest, token_digest, csrf_token, expires_at)
      values ($1, $2, $3, now() + make_interval(hours => $4))`,
    values: [session.idDigest, session.tokenDigest, session.csrfToken, hours],
  });
}

/** A session that is not over; null when there is none. */
export async function findSession(
  database: Queryable,
  idDigest: Buffer,
): Promise<SessionRow | null> {
  const { rows } = await database.query<SessionRow>({
    name: 'find-console-session',
    text: `
      select id_digest as "idDigest", token_digest as "tokenDigest", csrf_token as "csrfToken",
             expires_at as "expiresAt"
      from console_sessions where id_digest = $1 and expires_at > now()`,
    values: [idDigest],
  });
  return rows[0] ?? null;
}

/** Notes that a session is in use, once a minute. */
export async function markSessionSeen(database: Queryable, idDigest: Buffer): Promise<void> {
  await database.query({
    name: 'mark-console-session-seen',
    text: `
      update console_sessions set seen_at = now()
      where id_digest = $1 and seen_at < now() - interval '1 minute'`,
    values: [idDigest],
  });
}

/** Ends a session; false when it had ended before. */
export async function deleteSession(database: Queryable, idDigest: Buffer): Promise<boolean> {
  const { rowCount } = await database.query({
    name: 'delete-console-session',
    text: `delete from console_sessions where id_digest = $1`,
    values: [idDigest],
  });
  return rowCount === 1;
}

/** Removes sessions that are over. */
export async function deleteExpiredSessions(database: Queryable): Promise<void> {
  await database.query({
    name: 'delete-expired-console-sessions',
    text: `delete from console_sessions where expires_at <= now()`,
  });
}

/** Leaves a notice for the next page; it takes the place of one that nobody has seen. */
export async function setNotice(
  database: Queryable,
  idDigest: Buffer,
  notice: Notice,
): Promise<void> {
  await database.query({
    name: 'set-console-notice',
    text: `update console_sessions set notice = $2 where id_digest = $1`,
    values: [idDigest, JSON.stringify(notice)],
  });
}

/** Takes the notice that was left, so that it is shown once; null when there is none. */
export async function takeNotice(database: Queryable, idDigest: Buffer): Promise<Notice | null> {
  const { rows } = await database.query<{ notice: Notice }>({
    name: 'take-console-notice',
    text: `
      with left_behind as (
        select id_digest, notice from console_sessions
        where id_digest = $1 and notice is not null for update
      )
      update console_sessions s set notice = null
      from left_behind l where s.id_digest = l.id_digest
      returning l.notice`,
    values: [idDigest],
  });
  return rows[0]?.notice ?? null;
}
