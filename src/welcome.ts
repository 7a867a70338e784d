import type { Config } from './config/config.js';
import { DEVELOPMENT_TOKEN } from './config/tokens.js';

/** What a person sees who started Tollgate without any configuration. */
export function welcome(config: Config, url: string, databaseUrl: string): string {
  const secrets = [...config.providerSecrets].flatMap(([provider, accounts]) =>
    [...accounts.keys()].map((account) => {
      const path = account === 'default' ? provider : `${provider}/${account}`;
      const secret = config.usesDevelopmentSecrets ? (accounts.get(account)?.[0] ?? '') : '(yours)';
      return `  POST ${url}/webhooks/${path}   signed with ${secret}`;
    }),
  );
  const tokens = config.API_TOKENS.map(
    ({ name, role }) =>
      `  ${role} token: ${config.usesDevelopmentToken ? DEVELOPMENT_TOKEN : `(yours: ${name})`}`,
  );
  return [
    '',
    `Tollgate listens on ${url}   roles: ${config.ROLES.join(', ')}`,
    '',
    'Webhooks',
    ...secrets,
    '',
    `API      ${url}/v1/payments   docs: ${url}/docs`,
    ...tokens,
    `Console  ${url}/console   log in with a token`,
    '',
    ...(config.NODE_ENV === 'production' ? [] : [`Database ${databaseUrl}`, '']),
    'Try it   npm run send -- stripe payment_intent.succeeded',
    'Stop     Ctrl-C',
    '',
    '',
  ].join('\n');
}
