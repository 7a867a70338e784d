import { summarizeConfig } from '../../config/config.js';
import type { ApiRole } from '../../config/tokens.js';
import type { Services } from '../../services.js';
import { fingerprintSecret } from './fingerprint-secret.js';
import { findSecretMatches, type SecretMatchRow } from './secret-match.queries.js';

/** A webhook secret that is active, without anything that it could be guessed from. */
export interface SecretView {
  /** 1 is the newest. */
  readonly position: number;
  readonly fingerprint: string;
  /** When it last verified a delivery, to the minute; null: never. */
  readonly lastMatchedAt: Date | null;
  readonly deliveries: number;
}

export interface AccountSecrets {
  readonly provider: string;
  readonly account: string;
  /** Newest first: the order in which they are tried. */
  readonly secrets: readonly SecretView[];
}

/** What the process that is asked is configured with. Never a secret, a token or a digest. */
export interface Settings {
  readonly accounts: readonly AccountSecrets[];
  readonly tokens: readonly { readonly name: string; readonly role: ApiRole }[];
  readonly consumers: readonly { readonly name: string; readonly types: readonly string[] }[];
  /** As it is logged at start-up. */
  readonly config: Readonly<Record<string, unknown>>;
}

export async function showSettings({
  config,
  database,
  messaging,
}: Pick<Services, 'config' | 'database' | 'messaging'>): Promise<Settings> {
  const matches = await findSecretMatches(database.command);
  return {
    accounts: [...config.providerSecrets].flatMap(([provider, accounts]) =>
      [...accounts].map(([account, secrets]) => ({
        provider,
        account,
        secrets: secrets.map((secret, index) => {
          const fingerprint = fingerprintSecret(secret);
          const match = findMatch(matches, { provider, account, fingerprint });
          return {
            position: index + 1,
            fingerprint,
            lastMatchedAt: match?.lastMatchedAt ?? null,
            deliveries: match?.deliveries ?? 0,
          };
        }),
      })),
    ),
    tokens: config.API_TOKENS.map(({ name, role }) => ({ name, role })),
    consumers: messaging.consumers.map(({ name, types }) => ({ name, types: [...types] })),
    config: summarizeConfig(config),
  };
}

function findMatch(
  matches: readonly SecretMatchRow[],
  wanted: Pick<SecretMatchRow, 'provider' | 'account' | 'fingerprint'>,
): SecretMatchRow | undefined {
  return matches.find(
    ({ provider, account, fingerprint }) =>
      provider === wanted.provider &&
      account === wanted.account &&
      fingerprint === wanted.fingerprint,
  );
}
