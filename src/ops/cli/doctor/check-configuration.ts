import type { ExaminedConfig } from '../../../config/examine.js';
import { fail, ok, type Check } from './check.js';

/** Whether the service would start with these variables: every problem it would name. */
export function checkConfiguration({ config, problems }: ExaminedConfig): Check[] {
  const name = 'configuration';
  if (config === null) {
    return problems.map((problem) =>
      fail(name, problem, 'set it right; .env.example tells unit, range and default'),
    );
  }
  const { NODE_ENV, ROLES, DATABASE_URL, REDIS_URL } = config;
  const database = DATABASE_URL === undefined ? 'embedded PostgreSQL' : 'your PostgreSQL';
  const queue = REDIS_URL === undefined ? 'queues in it' : 'queues in Redis';
  return [ok(name, `${NODE_ENV}, roles ${ROLES.join(' and ')}, ${database}, ${queue}`)];
}
