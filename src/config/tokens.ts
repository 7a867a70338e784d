import { createHash } from 'node:crypto';
import type { z } from 'zod';

const API_ROLES = ['viewer', 'operator', 'service'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** A token that somebody may come with. The token itself is not kept. */
export interface ApiToken {
  readonly name: string;
  readonly role: ApiRole;
  /** SHA-256 of the token, 32 bytes. */
  readonly digest: Buffer;
}

/** A secret or token of fewer characters is refused: it can be guessed. */
export const SECRET_LENGTH_MIN = { production: 16, elsewhere: 8 } as const;

/** The token of whoever tries Tollgate without any configuration. */
export const DEVELOPMENT_TOKEN = 'development-operator-token';

export const DEVELOPMENT_TOKENS: readonly ApiToken[] = [
  { name: 'development', role: 'operator', digest: digestToken(DEVELOPMENT_TOKEN) },
];

/** What stands in for a token wherever one is kept or compared. */
export function digestToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Reads `name:role:token` or `name:role:sha256=<digest>`, comma-separated; every entry that cannot
 * be used is a problem.
 */
export function parseTokens(value: string, context: z.RefinementCtx): ApiToken[] {
  return splitTokens(value).flatMap(({ name, role, token }, index) => {
    const knownRole = API_ROLES.find((one) => one === role);
    const digest = readDigest(token);
    const problem = tokenProblem(name, knownRole, token, digest);
    if (problem === null && knownRole && digest) return [{ name, role: knownRole, digest }];
    context.addIssue({ code: 'custom', message: `entry ${index + 1}: ${problem ?? ''}` });
    return [];
  });
}

interface TokenEntry {
  readonly name: string;
  readonly role: string;
  /** The token, or `sha256=` and its digest. */
  readonly token: string;
}

function splitTokens(value: string): TokenEntry[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', role = '', ...rest] = part.split(':');
      return { name, role, token: rest.join(':') };
    });
}

const DIGEST_PREFIX = 'sha256=';

function isDigest({ token }: Pick<TokenEntry, 'token'>): boolean {
  return token.startsWith(DIGEST_PREFIX);
}

/** Null for a digest that is none. */
function readDigest(token: string): Buffer | null {
  if (!isDigest({ token })) return digestToken(token);
  const hex = token.slice(DIGEST_PREFIX.length);
  return /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, 'hex') : null;
}

function tokenProblem(
  name: string,
  role: ApiRole | undefined,
  token: string,
  digest: Buffer | null,
): string | null {
  if (!/^[\w.-]{1,64}$/.test(name)) return 'expected name:role:token with a name of letters';
  if (!role) return `expected a role of ${API_ROLES.join(', ')}`;
  if (token.length < SECRET_LENGTH_MIN.elsewhere) return 'the token is too short';
  if (digest === null) return `expected 64 hexadecimal digits after ${DIGEST_PREFIX}`;
  return null;
}

/**
 * What production asks of the tokens beyond their form. How long a token is cannot be seen from its
 * digest: whoever makes one is trusted with that.
 */
export function productionTokenProblems(
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  if (environment['NODE_ENV'] !== 'production') return [];
  const value = environment['API_TOKENS'];
  if (!value) return ['API_TOKENS: must be set in production, else nobody can read anything'];
  return splitTokens(value)
    .filter((entry) => !isDigest(entry) && isShort(entry.token))
    .map(
      ({ name }) =>
        `API_TOKENS: the token of ${name} needs ${SECRET_LENGTH_MIN.production} characters`,
    );
}

/** Too short for production; what is too short for anybody is told by {@link parseTokens}. */
function isShort({ length }: string): boolean {
  return length >= SECRET_LENGTH_MIN.elsewhere && length < SECRET_LENGTH_MIN.production;
}

/** The first token of a list that is there in plain text, for a client on the same machine. */
export function firstPlainToken(value: string): string | null {
  return splitTokens(value).find((entry) => !isDigest(entry))?.token ?? null;
}
