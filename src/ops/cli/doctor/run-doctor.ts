import { examineOwnConfig } from '../../../config/examine.js';
import { findRunningEmbedded } from '../../../database/embedded-running.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../../providers/providers.js';
import type { ApiTarget } from '../api.js';
import { checkConfiguration } from './check-configuration.js';
import { checkDatabase } from './check-database.js';
import { checkDisk } from './check-disk.js';
import { checkRedis } from './check-redis.js';
import { checkSecrets } from './check-secrets.js';
import { checkService } from './check-service.js';
import { checkTokens } from './check-tokens.js';
import type { Check } from './check.js';

/** Looks at everything that a service of this configuration stands on. Changes nothing. */
export async function runDoctor(target: ApiTarget): Promise<Check[]> {
  const examined = examineOwnConfig(SECRET_PREFIXES, API_KEY_PREFIXES);
  const { DATABASE_URL, DATA_DIR, REDIS_URL, QUEUE_PREFIX, NODE_ENV } = examined.usable;
  const isEmbedded = DATABASE_URL === undefined;
  const [database, redis, disk, service] = await Promise.all([
    checkDatabase({
      databaseUrl: DATABASE_URL ?? findRunningEmbedded(DATA_DIR),
      queueSchema: REDIS_URL === undefined ? QUEUE_PREFIX : null,
      isProduction: NODE_ENV === 'production',
    }),
    checkRedis(REDIS_URL),
    isEmbedded ? checkDisk(DATA_DIR) : [],
    checkService(target),
  ]);
  return [
    ...checkConfiguration(examined),
    ...checkSecrets(examined),
    ...checkTokens(examined),
    ...database,
    ...redis,
    ...[disk].flat(),
    ...service,
  ];
}
