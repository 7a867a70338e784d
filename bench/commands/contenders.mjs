/**
 * What is measured of the commands. Each contender is one server process on a database of its own,
 * with the same settings; all of them get the same requests, from the same client.
 */
import { SECRET, START } from '../contenders.mjs';

/** @typedef {'new' | 'again' | 'storm'} Pattern how the load client chooses its keys */

/** What the others are compared with, each ratio within one round. */
export const COMPARED_WITH = ['unkeyed', 'first'];

/** Connections that each send one request at a time; a storm needs several. */
export const CONNECTIONS = [1, 16, 64];

const WITHOUT_KEYS = [...START.slice(0, -1), 'bench/commands/unkeyed.mjs'];

export const COMMAND_CONTENDERS = [
  contender('unkeyed', 'the same operation in one transaction, without `Idempotency-Key`', {
    command: WITHOUT_KEYS,
    pattern: 'new',
    hasKeys: false,
  }),
  contender('first', 'a new key and a new order in each request', { pattern: 'new' }),
  contender('replay', 'keys of requests that were answered before', { pattern: 'again' }),
  contender('storm', 'all connections send one new key at once, and then the next one', {
    pattern: 'storm',
  }),
];

function contender(name, about, { command = START, pattern, hasKeys = true }) {
  return {
    name,
    about,
    needsRedis: false,
    command,
    pattern,
    hasKeys,
    connections: CONNECTIONS.filter((connections) => pattern !== 'storm' || connections > 1),
    environment: ({ databaseUrl, prefix }) => ({
      DATABASE_URL: databaseUrl,
      QUEUE_PREFIX: prefix,
      ROLES: 'api',
      LOG_LEVEL: 'silent',
      STRIPE_WEBHOOK_SECRETS: SECRET,
      API_TOKENS: `bench:service:${SECRET}`,
    }),
  };
}
