import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { paid } from '../support/hostile-door.js';
import { range } from '../support/long-story.js';
import { countInbox } from '../support/observe.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient, type Answer } from '../support/webhook-client.js';

const CONNECTIONS = 8;
const READY_DELAY_MS = 5000;

describe('an api that is stopped while its clients keep their connections', () => {
  let database: TestDatabase;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await spawnService({
      env: serviceEnvironment(
        { databaseUrl: database.url },
        { READY_DELAY_MS: String(READY_DELAY_MS) },
      ),
    });
    client = new WebhookClient(service.url, { connections: CONNECTIONS });
  });

  afterAll(async () => {
    client.close();
    await service.kill();
    await database.drop();
  });

  it('answers on each of them once more, ends it with that answer, and takes its leave', async () => {
    const deliverAll = () =>
      Promise.all(range(CONNECTIONS).map(() => client.deliver(paid('stripe'))));
    const connections = (answers: readonly Answer[]) =>
      answers.map(({ status, headers }) => `${status} ${headers.connection}`);
    expect(new Set(connections(await deliverAll()))).toEqual(new Set(['200 keep-alive']));

    const stopped = service.kill('SIGTERM');
    await eventually(async () => {
      const { status, text } = await client.get('/health/ready');
      expect({ status, text: text.includes('"shuttingDown":true') }).toEqual({
        status: 503,
        text: true,
      });
    });
    for (let round = 0; round < 3; round += 1) {
      expect(new Set(connections(await deliverAll()))).toEqual(new Set(['200 close']));
    }
    await stopped;
    expect(await service.exited).toBe(0);
    await expect(client.deliver(paid('stripe'))).rejects.toThrow('ECONNREFUSED');
    expect(await countInbox(database)).toBe(4 * CONNECTIONS);
  });
});
