import type { ExaminedConfig } from '../../../config/examine.js';
import { SECRET_LENGTH_MIN } from '../../../config/tokens.js';
import { ok, warn, type Check } from './check.js';

/** A secret, with where it stands; never printed. */
interface Placed {
  readonly place: string;
  readonly secret: string;
}

/**
 * The secrets that webhooks are signed with: whether there are any, whether they can be guessed, and
 * whether two accounts share one. Who shares a secret can sign for the other.
 */
export function checkSecrets({ config, secrets }: ExaminedConfig): Check[] {
  const name = 'secrets';
  if (config?.usesDevelopmentSecrets === true) {
    const advice = 'everybody knows them: set STRIPE_WEBHOOK_SECRETS or PAYSTACK_SECRET_KEYS';
    return [
      warn(name, `development secrets of ${[...config.providerSecrets.keys()].join(', ')}`, advice),
    ];
  }
  const placed = [...secrets].flatMap(([provider, accounts]) =>
    [...accounts].flatMap(([account, list]) =>
      list.map((secret): Placed => ({ place: `${provider}/${account}`, secret })),
    ),
  );
  if (placed.length === 0) return []; // the configuration says so already
  const problems = [...findShort(name, placed), ...findShared(name, placed)];
  return problems.length > 0 ? problems : [ok(name, describeCounts(secrets))];
}

function findShort(name: string, placed: readonly Placed[]): Check[] {
  const { production } = SECRET_LENGTH_MIN;
  const short = placed.filter(({ secret }) => secret.length < production);
  return unique(short.map(({ place }) => place)).map((place) =>
    warn(
      name,
      `${place} has a secret of under ${production} characters`,
      'it can be guessed, and production refuses it: take the one that the provider shows',
    ),
  );
}

function findShared(name: string, placed: readonly Placed[]): Check[] {
  const shared = unique(placed.map(({ secret }) => secret)).flatMap((secret) => {
    const places = unique(placed.filter((one) => one.secret === secret).map(({ place }) => place));
    return places.length > 1 ? [places.join(' and ')] : [];
  });
  return unique(shared).map((places) =>
    warn(
      name,
      `${places} share a secret`,
      'an event of one is accepted as one of the other: give each endpoint its own',
    ),
  );
}

function describeCounts(secrets: ExaminedConfig['secrets']): string {
  return [...secrets]
    .flatMap(([provider, accounts]) =>
      [...accounts].map(([account, { length }]) => `${provider}/${account}: ${length} active`),
    )
    .join(', ');
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
