import { ConfigError, readConfig, type Config } from './config.js';
import { environmentSchema, type Environment } from './environment.js';
import { readSecrets } from './secrets.js';
import { firstPlainToken } from './tokens.js';

/** The configuration as somebody who looks for its mistakes sees it. */
export interface ExaminedConfig {
  /** Null when the service would refuse to start. */
  readonly config: Config | null;
  /** What it would say then. */
  readonly problems: readonly string[];
  /** Every variable by itself: its value where that can be used, else its default. */
  readonly usable: Environment;
  /** As they stand there, by provider and account, whatever is wrong with them. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** At least one token stands in `API_TOKENS` itself, and not its digest. */
  readonly hasPlainTokens: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;
type Prefixes = ReadonlyMap<string, string>;

/** {@link examineConfig} of this process. */
export function examineOwnConfig(secretPrefixes: Prefixes, apiKeyPrefixes: Prefixes) {
  return examineConfig(process.env, secretPrefixes, apiKeyPrefixes);
}

/** Reads as much of the configuration as can be read. Never throws because of what stands there. */
export function examineConfig(
  environment: Variables,
  secretPrefixes: Prefixes,
  apiKeyPrefixes: Prefixes,
): ExaminedConfig {
  const { config, problems } = tryToRead(environment, secretPrefixes, apiKeyPrefixes);
  return {
    config,
    problems,
    usable: readOneByOne(environment),
    secrets: readSecrets(environment, secretPrefixes, 1).byProvider,
    hasPlainTokens: firstPlainToken(environment['API_TOKENS'] ?? '') !== null,
  };
}

function tryToRead(environment: Variables, secretPrefixes: Prefixes, apiKeyPrefixes: Prefixes) {
  try {
    return { config: readConfig(environment, secretPrefixes, apiKeyPrefixes), problems: [] };
  } catch (error) {
    if (error instanceof ConfigError) return { config: null, problems: error.problems };
    throw error;
  }
}

function readOneByOne(environment: Variables): Environment {
  const values = Object.entries(environmentSchema.shape).map(([name, field]) => {
    const read = field.safeParse(environment[name] || undefined);
    return [name, read.success ? read.data : field.parse(undefined)];
  });
  return Object.fromEntries(values) as Environment;
}
