import type { z } from 'zod';

const API_ROLES = ['viewer', 'operator', 'service'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** A token for the read and command routes. */
export interface ApiToken {
  readonly name: string;
  readonly role: ApiRole;
  readonly token: string;
}

/** A secret or token of fewer characters is refused: it can be guessed. */
export const SECRET_LENGTH_MIN = { production: 16, elsewhere: 8 } as const;

/** The token of whoever tries Tollgate without any configuration. */
export const DEVELOPMENT_TOKENS: readonly ApiToken[] = [
  { name: 'development', role: 'operator', token: 'development-operator-token' },
];

/** Reads `name:role:token`, comma-separated; every entry that cannot be used is a problem. */
export function parseTokens(value: string, context: z.RefinementCtx): ApiToken[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part, index) => {
      const [name = '', role = '', ...rest] = part.split(':');
      const token = rest.join(':');
      const knownRole = API_ROLES.find((one) => one === role);
      const problem = tokenProblem(name, knownRole, token);
      if (problem === null && knownRole) return [{ name, role: knownRole, token }];
      context.addIssue({ code: 'custom', message: `entry ${index + 1}: ${problem ?? ''}` });
      return [];
    });
}

function tokenProblem(name: string, role: ApiRole | undefined, token: string): string | null {
  if (!/^[\w.-]{1,64}$/.test(name)) return 'expected name:role:token with a name of letters';
  if (!role) return `expected a role of ${API_ROLES.join(', ')}`;
  if (token.length < SECRET_LENGTH_MIN.elsewhere) return 'the token is too short';
  return null;
}

/** What production asks of the tokens beyond their form. */
export function productionTokenProblems(
  environment: Readonly<Record<string, string | undefined>>,
  tokens: readonly ApiToken[],
): string[] {
  if (environment['NODE_ENV'] !== 'production') return [];
  if (!environment['API_TOKENS']) {
    return ['API_TOKENS: must be set in production, else nobody can read anything'];
  }
  return tokens
    .filter(({ token }) => token.length < SECRET_LENGTH_MIN.production)
    .map(
      ({ name }) =>
        `API_TOKENS: the token of ${name} needs ${SECRET_LENGTH_MIN.production} characters`,
    );
}
