import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { head, openRaw } from '../support/raw-http.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient, type Answer } from '../support/webhook-client.js';

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

  /** Somebody without a secret, who says how much will come and then sends only a part of it. */
  const begin = async (headers: Readonly<Record<string, unknown>>, part: string) => {
    const connection = await openRaw(service.url);
    connection.write(head('POST /webhooks/stripe HTTP/1.1', { host: 'tollgate', ...headers }));
    connection.write(part);
    return connection;
  };
  const NEARLY_ALL = BODY_BYTES_MAX - 1;
  const ways: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ['of a known length', { 'content-length': BODY_BYTES_MAX }, 'x'.repeat(NEARLY_ALL)],
    [
      'of an unknown length',
      { 'transfer-encoding': 'chunked' },
      `${NEARLY_ALL.toString(16)}\r\n${'x'.repeat(NEARLY_ALL)}\r\n`,
    ],
  ];

  it.each(ways)(
    'is taken by bodies %s as they arrive, and given back',
    async (_name, headers, part) => {
      // There is room for two of them, whichever come first.
      const all = [0, 1, 2].map(() => begin(headers, part));
      const refused = await eventually(async () => {
        const answered = (await Promise.all(all)).filter((one) => one.statuses().length > 0);
        expect(answered).toHaveLength(1);
        return answered[0]!;
      });
      expect(await refused.closed()).toEqual([503]);
      expect(refused.received()).toMatch(/retry-after: \d+/i);
      expect(refused.received()).toContain('"code":"overloaded"');
      expect(await client.get('/health/ready')).toMatchObject({ status: 200 });

      const event = new Story().stripe('payment_intent.succeeded');
      expect((await client.deliver(event)).status).toBe(503);
      for (const connection of await Promise.all(all)) connection.destroy();
      await eventually(() => client.expectAccepted(event));
    },
  );

  it.each(ways)('is not taken by bodies %s that never arrive', async (_name, headers) => {
    const holding = await Promise.all(Array.from({ length: 50 }, () => begin(headers, '')));
    for (let n = 0; n < 20; n += 1) {
      await client.expectAccepted(new Story().stripe('payment_intent.succeeded'));
    }
    for (const connection of holding) {
      expect(connection.statuses()).toEqual([]);
      connection.destroy();
    }
  });

  describe('while nobody can be refused at once, since so many are', () => {
    const forged = { secret: 'of-somebody-else-0123456789abcdef' };
    let flood: WebhookClient;
    let refusals: Promise<Answer>[];
    let startedAt: number;

    beforeEach(() => {
      flood = new WebhookClient(service.url, { connections: 64 });
      startedAt = performance.now();
      const event = new Story().stripe('payment_intent.succeeded');
      refusals = Array.from({ length: 600 }, () => flood.deliver(event, forged));
    });

    afterEach(async () => {
      await Promise.all(refusals);
      flood.close();
    });

    it('refuses a hundred and then five hundred each second, each with the same answer', async () => {
      const answers = await Promise.all(refusals);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
      expect(performance.now() - startedAt).toBeGreaterThan(950);
    });

    it('takes what is signed', async () => {
      for (let n = 0; n < 20; n += 1) {
        await client.expectAccepted(new Story().stripe('payment_intent.succeeded'));
      }
    });
  });
});
