import { createServer } from 'node:http';
import pg from 'pg';
import { describeBackends } from '../support/describe-backends.js';
import { isolatedPostgres } from '../support/isolated-postgres.js';
import { isolatedRedis } from '../support/isolated-redis.js';
import { freePort } from '../support/free-port.mjs';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService } from '../support/spawn-service.js';
import { createTestDatabase } from '../support/test-database.js';
import {
  redisHasDatabases,
  redisIsThere,
  redisServerIsThere,
  testRedisUrl,
} from '../support/test-redis.js';

describe('createTestDatabase', () => {
  it('copies the migrated template, many at once', async () => {
    const databases = await Promise.all(Array.from({ length: 5 }, () => createTestDatabase()));
    for (const database of databases) {
      const tables = await database.query(`select from tollgate_migrations`);
      expect(tables.length).toBeGreaterThan(0);
      await database.drop();
    }
  });

  it('fails when the test left a connection open', async () => {
    const database = await createTestDatabase();
    const leak = new pg.Client({ connectionString: database.url, application_name: 'leaky' });
    leak.on('error', () => undefined);
    await leak.connect();
    await expect(database.drop()).rejects.toThrow(/left connections open[^]*leaky/);
    await leak.end();
  });
});

describe('spawnService', () => {
  it('takes nobody else for the service who answers on its port', async () => {
    const database = await createTestDatabase();
    const port = await freePort();
    const other = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const env = serviceEnvironment({ databaseUrl: database.url }, { PORT: String(port) });
    await expect(spawnService({ env })).rejects.toThrow(/it ended with 1[^]*EADDRINUSE/);
    await new Promise((resolve) => other.close(resolve));
    await database.drop();
  });
});

describe('isolatedPostgres', () => {
  it('comes back on its port with its data after it was killed', async () => {
    const postgres = await isolatedPostgres();
    const count = async (): Promise<unknown> => {
      const client = new pg.Client({
        connectionString: postgres.url,
        connectionTimeoutMillis: 300,
      });
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query('select count(*)::int as count from tollgate_migrations');
      await client.end();
      return rows[0];
    };
    const before = await count();
    await postgres.kill();
    await expect(count()).rejects.toThrow('ECONNREFUSED');
    await postgres.start();
    expect(await count()).toEqual(before);
    postgres.pause();
    await expect(count()).rejects.toThrow('timeout');
    postgres.resume();
    expect(await count()).toEqual(before);
    await postgres.remove();
  });
});

(redisServerIsThere ? describe : describe.skip)('isolatedRedis', () => {
  it('comes back empty on its port after it was killed', async () => {
    const redis = await isolatedRedis();
    await redis.start();
    await redis.kill();
    await redis.start();
    redis.pause();
    await redis.stop();
    await redis.remove();
  });
});

(redisIsThere && redisHasDatabases ? describe : describe.skip)('testRedisUrl', () => {
  it('gives every caller a database of its own', async () => {
    expect(await testRedisUrl()).not.toBe(await testRedisUrl());
  });
});

describeBackends((backend) => {
  it('knows where the queues are', async () => {
    expect((await backend.redisUrl()) === undefined).toBe(backend.name === 'postgres');
  });
});
