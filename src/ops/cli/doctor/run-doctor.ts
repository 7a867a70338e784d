import { examineOwnConfig } from '../../../config/examine.js';
import { findRunningEmbedded } from '../../../database/embedded-running.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../../providers/providers.js';
import type { ApiTarget } from '../api.js';
import { checkConfiguration } from './check-configuration.js';
import { checkDatabase } from './check-database.js';
import { checkDisk } from './check-disk.js';
import { checkPooler } from './check-pooler.js';
import { checkRedis } from './check-redis.js';
import { checkSecrets } from './check-secrets.js';
import { checkService } from './check-service.js';
import { checkTokens } from './check-tokens.js';
import { describeError, fail, type Check } from './check.js';

/** Looks at everything that a service of this configuration stands on. Changes nothing. */
export async function runDoctor(target: ApiTarget): Promise<Check[]> {
  const examined = examineOwnConfig(SECRET_PREFIXES, API_KEY_PREFIXES);
  const { DATABASE_URL, DATABASE_DIRECT_URL, DATA_DIR, REDIS_URL, QUEUE_PREFIX, NODE_ENV } =
    examined.usable;
  const isEmbedded = DATABASE_URL === undefined;
  const [database, pooler, redis, disk, service] = await Promise.all([
    findDatabase(DATABASE_DIRECT_URL ?? DATABASE_URL, DATA_DIR, (databaseUrl) =>
      checkDatabase({
        databaseUrl,
        queueSchema: REDIS_URL === undefined ? QUEUE_PREFIX : null,
        isProduction: NODE_ENV === 'production',
      }),
    ),
    checkPooler(DATABASE_URL, DATABASE_DIRECT_URL),
    checkRedis(REDIS_URL),
    isEmbedded ? checkDisk(DATA_DIR) : [],
    checkService(target),
  ]);
  return [
    ...checkConfiguration(examined),
    ...checkSecrets(examined),
    ...checkTokens(examined),
    ...database,
    ...pooler,
    ...redis,
    ...[disk].flat(),
    ...service,
  ];
}

/** The embedded database belongs to whoever runs the service, and so does its password. */
async function findDatabase(
  configured: string | undefined,
  dataDir: string,
  check: (databaseUrl: string | null) => Promise<Check[]>,
): Promise<Check[]> {
  let databaseUrl: string | null;
  try {
    databaseUrl = configured ?? findRunningEmbedded(dataDir);
  } catch (error) {
    const advice = 'run it as the user who runs the service';
    return [fail('database', describeError(error), advice)];
  }
  return check(databaseUrl);
}
