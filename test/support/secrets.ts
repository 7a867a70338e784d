import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderName } from '../../src/providers/providers.js';
import { SECRETS_FILE } from './run-logs.mjs';

/*
 * Every secret that tests use. What is made or chosen elsewhere is registered when it is used: the
 * environment of a process, the token of a request, the cookie of a session. At the end of the run
 * all logs are searched for them (summary-reporter.mjs).
 */

/** What providers sign with in the services under test. */
export const TEST_SECRETS = {
  stripe: 'whsec_end_to_end_stripe_0001',
  paystack: 'sk_test_end_to_end_paystack_0001',
} as const satisfies Record<ProviderName, string>;

/** Tokens of the services under test, by role. */
export const TEST_TOKENS = {
  viewer: 'viewer-token-of-the-tests',
  operator: 'operator-token-of-the-tests',
  service: 'service-token-of-the-tests',
} as const;

/** Two operators who decide about reviews, beside the tokens of all tests. */
export const OPERATORS = {
  ann: 'ann-token-of-the-tests-0123456789',
  ben: 'ben-token-of-the-tests-0123456789',
} as const;

/** With what services under test, and people at a provider's dashboard, ask the stand-in. */
export const STAND_IN_KEYS = {
  service: 'sk_test_of_the_stand_in',
  dashboard: 'sk_test_of_the_dashboard',
} as const;

/** What the embedded default uses, and prints when it starts. */
const DEVELOPMENT_SECRETS = [
  'development-secret-of-stripe',
  'development-secret-of-paystack',
  'development-operator-token',
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Shorter ones are words that stand in any log. */
const CHARACTERS_MIN = 8;
const registered = new Set<string>();

/** Has the logs of this run searched for a secret that a test has made or come by. */
export function registerSecret(what: string, value: string): void {
  const folder = process.env['TEST_LOG_FOLDER'];
  if (folder === undefined || value.length < CHARACTERS_MIN || registered.has(value)) return;
  registered.add(value);
  appendFileSync(join(folder, SECRETS_FILE), `${JSON.stringify({ what, value })}\n`);
}

/** The same for all that a process is told. */
export function registerSecretsOf(environment: Environment): void {
  for (const [what, value] of secretsIn(environment)) registerSecret(what, value);
}

/** The secrets of an environment: the name of the variable, and the value. */
export function secretsIn(environment: Environment): [what: string, value: string][] {
  return Object.entries(environment).flatMap(([name, given = '']) => {
    if (SECRET_VARIABLE.test(name)) {
      const values = given.split(',').map((one) => one.trim());
      // A token stands behind its name and role; its digest is worth nothing.
      const secrets =
        name === 'API_TOKENS' ? values.map((one) => one.replace(/^[^:]*:[^:]*:/, '')) : values;
      const worthy = secrets.filter((one) => one !== '' && !one.startsWith('sha256='));
      return worthy.map((value): [string, string] => [name, value]);
    }
    const password = URL.canParse(given) ? new URL(given).password : '';
    return password === '' ? [] : [[`the password of ${name}`, decodeURIComponent(password)]];
  });
}

const SECRET_VARIABLE = /SECRETS?(?:_|$)|SECRET_KEYS|API_KEY|TOKENS?$|PASSWORD/;

for (const [where, secrets] of Object.entries({
  TEST_SECRETS,
  TEST_TOKENS,
  OPERATORS,
  STAND_IN_KEYS,
  DEVELOPMENT_SECRETS,
})) {
  for (const value of Object.values(secrets)) registerSecret(where, value);
}
