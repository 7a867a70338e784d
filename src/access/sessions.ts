import { createHash, randomBytes } from 'node:crypto';
import type { ApiToken } from '../config/tokens.js';
import type { Queryable } from '../database/transaction.js';
import { findToken, type Caller } from './authenticate.js';
import {
  deleteExpiredSessions,
  findSession,
  insertSession,
  markSessionSeen,
} from './session.queries.js';

/** Who is logged in at the console, and what his forms carry. */
export interface Session {
  readonly idDigest: Buffer;
  readonly caller: Caller;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

const ID_BYTES = 32;
const CSRF_BYTES = 24;
const ID = /^[\w-]{43}$/;

/** Logs in who came with a token; returns what the cookie holds, which nobody else knows. */
export async function openSession(
  database: Queryable,
  token: ApiToken,
  hours: number,
): Promise<string> {
  const id = randomBytes(ID_BYTES).toString('base64url');
  await deleteExpiredSessions(database);
  await insertSession(
    database,
    {
      idDigest: digestOf(id),
      tokenDigest: token.digest,
      csrfToken: randomBytes(CSRF_BYTES).toString('base64url'),
    },
    hours,
  );
  return id;
}

/**
 * The session of a cookie. Null when there is none, when it is over, or when its token is not one
 * of `tokens` any more: name and role are those that the token has now.
 */
export async function readSession(
  database: Queryable,
  id: string | undefined,
  tokens: readonly ApiToken[],
): Promise<Session | null> {
  if (id === undefined || !ID.test(id)) return null;
  const row = await findSession(database, digestOf(id));
  const token = row && findToken(row.tokenDigest, tokens);
  if (!token) return null;
  await markSessionSeen(database, row.idDigest);
  const { idDigest, csrfToken, expiresAt } = row;
  return { idDigest, csrfToken, expiresAt, caller: { name: token.name, role: token.role } };
}

function digestOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}
