import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readConfig } from '../../src/config/config.js';
import { ENTITIES } from '../../src/database/entities.js';
import { createHttpServer } from '../../src/http-server.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import type { Services } from '../../src/services.js';
import { keptLogger } from './keep-output.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { serviceEnvironment, TEST_TOKENS } from './service-environment.js';

/** The read routes of a service that does nothing but read. */
export interface ReadApi {
  /** @param token null: none */
  get(path: string, token?: string | null): Promise<{ status: number; body: unknown }>;
  close(): Promise<void>;
}

export async function openReadApi(databaseUrl: string): Promise<ReadApi> {
  const reads = new DataSource({ type: 'postgres', url: databaseUrl, entities: ENTITIES });
  await reads.initialize();
  const services = {
    config: readConfig(serviceEnvironment({ databaseUrl }), SECRET_PREFIXES),
    logger: keptLogger(),
    metrics: createMetrics(),
    database: { reads },
  };
  // Whoever reads looks at nothing else of the services.
  const app = await createHttpServer(services as unknown as Services);
  return {
    get: async (path, token = TEST_TOKENS.viewer) => {
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await app.inject({ url: path, headers });
      return { status: answer.statusCode, body: answer.json() };
    },
    close: async () => {
      await app.close();
      await reads.destroy();
    },
  };
}
