/** Something wrong with a variable that holds secrets. */
export interface SecretProblem {
  readonly variable: string;
  readonly message: string;
}

const ACCOUNT_MAX_CHARACTERS = 64;
const SECRETS_MAX = 8;

/**
 * Collects the webhook secrets of all providers: `<PREFIX>` for the route without an account,
 * `<PREFIX>_<ACCOUNT>` for the others. Comma-separated, newest first.
 *
 * A variable that is set but empty is refused: an HMAC with an empty key verifies for everybody.
 */
export function readSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  prefixes: ReadonlyMap<string, string>,
  lengthMin: number,
): {
  byProvider: Map<string, Map<string, readonly string[]>>;
  problems: SecretProblem[];
} {
  const byProvider = new Map<string, Map<string, readonly string[]>>();
  const problems: SecretProblem[] = [];
  for (const [provider, prefix] of prefixes) {
    const accounts = new Map<string, readonly string[]>();
    for (const [variable, value] of Object.entries(environment)) {
      const account = accountOf(variable, prefix);
      if (account === null || value === undefined) continue;
      const secrets = value.split(',').map((one) => one.trim());
      const message = accounts.has(account)
        ? 'names an account that another variable names too'
        : problemOf(account, prefix, secrets, lengthMin);
      if (message === null) accounts.set(account, secrets);
      else problems.push({ variable, message });
    }
    if (accounts.size > 0) byProvider.set(provider, accounts);
  }
  return { byProvider, problems };
}

/** `STRIPE_WEBHOOK_SECRETS_ACME` → `acme`; the bare prefix → `default`; anything else → null. */
function accountOf(variable: string, prefix: string): string | null {
  if (variable === prefix) return 'default';
  if (!variable.startsWith(`${prefix}_`)) return null;
  const account = variable.slice(prefix.length + 1).toLowerCase();
  return account === 'default' ? '' : account; // `default` is the bare prefix, and only that
}

function problemOf(
  account: string,
  prefix: string,
  secrets: readonly string[],
  lengthMin: number,
): string | null {
  if (account === '') return `must be ${prefix}, without anything behind it`;
  if (!/^[a-z0-9_]+$/.test(account) || account.length > ACCOUNT_MAX_CHARACTERS) {
    return 'the account in the name may have letters, digits and _ only';
  }
  if (secrets.length > SECRETS_MAX) return `at most ${SECRETS_MAX} secrets may be active at once`;
  if (secrets.some((one) => one === '')) return 'has an empty secret; anybody could sign with it';
  if (secrets.some((one) => one.length < lengthMin)) {
    return `has a secret of under ${lengthMin} characters`;
  }
  return null;
}
