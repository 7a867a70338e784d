import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { head, openRaw } from '../support/raw-http.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const BODY_BYTES_MAX = 524_288;

describe('memory for bodies, with room for two of the largest', () => {
  let database: TestDatabase;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    const limits = {
      ROLES: 'api',
      BODY_BYTES_MAX: String(BODY_BYTES_MAX),
      ADMISSION_BYTES_MAX: String(2 * BODY_BYTES_MAX),
    };
    service = await spawnService({
      env: serviceEnvironment({ databaseUrl: database.url }, limits),
    });
    client = new WebhookClient(service.url);
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGTERM');
    await database.drop();
  });

  /** Somebody without a secret, who says how much will come and then sends nothing. */
  const announce = async (headers: Readonly<Record<string, unknown>>) => {
    const connection = await openRaw(service.url);
    connection.write(head('POST /webhooks/stripe HTTP/1.1', { host: 'tollgate', ...headers }));
    return connection;
  };

  it.each([
    ['of a known length', { 'content-length': BODY_BYTES_MAX }],
    ['of an unknown length', { 'transfer-encoding': 'chunked' }],
  ])('is set aside before a body %s is read, and given back', async (_name, headers) => {
    const holding = [await announce(headers), await announce(headers)];
    const refused = await eventually(async () => {
      const third = await announce(headers);
      expect(await third.answers(1)).toEqual([503]);
      return third;
    });
    expect(refused.received()).toMatch(/retry-after: \d+/i);
    expect(refused.received()).toContain('"code":"overloaded"');
    expect(await client.get('/health/ready')).toMatchObject({ status: 200 });

    for (const connection of [...holding, refused]) connection.destroy();
    const event = new Story().stripe('payment_intent.succeeded');
    await eventually(() => client.expectAccepted(event));
  });
});
