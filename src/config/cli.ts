import { DEVELOPMENT_TOKEN, firstPlainToken } from './tokens.js';

/** What the command line needs to know: far less than the service, and it starts without that. */
export interface CliConfig {
  /** `http://host:port` of the service. */
  readonly url: string;
  /** Null: nothing in the environment can be sent as a token. */
  readonly token: string | null;
  /** `NO_COLOR` is set (https://no-color.org). */
  readonly isColourless: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The defaults of the service; a test holds them against its schema. */
const HOST = '127.0.0.1';
const PORT = '3000';

/** {@link readCliConfig} of this process. */
export function loadCliConfig(): CliConfig {
  return readCliConfig(process.env);
}

/**
 * Where the service is (`TOLLGATE_URL`, else `HOST` and `PORT`), and as whom to speak to it:
 * `TOLLGATE_TOKEN`, else the first plain token of `API_TOKENS`, else, when nothing is configured,
 * that of development. A token is never an option: every user of the machine sees those.
 */
export function readCliConfig(environment: Variables): CliConfig {
  return {
    url: environment['TOLLGATE_URL'] || ownUrl(environment),
    token: environment['TOLLGATE_TOKEN'] || configuredToken(environment),
    isColourless: Boolean(environment['NO_COLOR']),
  };
}

function ownUrl(environment: Variables): string {
  const host = environment['HOST'] || HOST;
  const port = environment['PORT'] || PORT;
  return `http://${reachable(host)}:${port}`;
}

/** Who listens on all addresses is reached at one. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function configuredToken(environment: Variables): string | null {
  const configured = environment['API_TOKENS'];
  if (configured) return firstPlainToken(configured);
  return environment['NODE_ENV'] === 'production' ? null : DEVELOPMENT_TOKEN;
}
