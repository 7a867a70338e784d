import { setTimeout as delay } from 'node:timers/promises';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const AUTHORIZED = { authorization: `Bearer ${TEST_TOKENS.operator}` };
const STREAM_MS = 4000;

describeBackends((backend) => {
  let database: TestDatabase;
  let queue: QueueControl;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
    const backing = { databaseUrl: database.url, redisUrl: queue.redisUrl };
    service = await spawnService({
      env: serviceEnvironment(backing, {
        WORKER_CONCURRENCY: '1',
        FAILPOINTS: 'apply.claimed=hang', // the only place is taken for ever
        RING_GRACE_SECONDS: '300',
        DRAIN_SECONDS: '1',
      }),
    });
    client = new WebhookClient(service.url);
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGKILL');
    await queue.remove();
    await database.drop();
  });

  async function measure(name: string): Promise<number> {
    const { text } = await client.get('/metrics', AUTHORIZED);
    return Number(new RegExp(`^${name}\\{result="rung"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  it('rings once a second while its worker is behind, for everything', async () => {
    const beganAtMs = performance.now();
    let sent = 0;
    for (; performance.now() - beganAtMs < STREAM_MS; sent += 1) {
      await client.expectAccepted(new Story().stripe('payment_intent.created'));
      await delay(10);
    }
    await eventually(async () => {
      expect(await measure('tollgate_rung_events_total')).toBe(sent);
    });
    // At first it is not behind: a ring that is worked on, and one that waits.
    const seconds = (performance.now() - beganAtMs) / 1000;
    expect(await measure('tollgate_rings_total')).toBeLessThanOrEqual(4 + seconds * 1.5);
    expect(sent).toBeGreaterThan(12); // at ten rings a second there would be more
  });
});
