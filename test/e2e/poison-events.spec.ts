import { once } from 'node:events';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { allFinished, finished, logLines } from '../support/observe.js';
import { postgresQueue, redisQueue, type QueueControl } from '../support/queue-control.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { range } from '../support/long-story.js';
import { Story } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { WebhookClient } from '../support/webhook-client.js';

const PATIENCE_MS = 90_000;
const TEST_TIMEOUT_MS = 150_000;
const AS_OPERATOR = {
  authorization: `Bearer ${TEST_TOKENS.operator}`,
  'content-type': 'application/json',
};

describeBackends((backend) => {
  let database: TestDatabase;
  let queue: QueueControl;
  let api: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    queue = await (backend.name === 'redis' ? redisQueue() : postgresQueue(database));
    api = await start('api');
    client = new WebhookClient(api.url);
  }, TEST_TIMEOUT_MS);

  afterAll(async () => {
    client.close();
    await api.kill('SIGTERM');
    await queue.remove();
    await database.drop();
  }, TEST_TIMEOUT_MS);

  function start(role: 'api' | 'worker', failPoints = ''): Promise<SpawnedService> {
    const backing = { databaseUrl: database.url, redisUrl: queue.redisUrl };
    return spawnService({
      env: serviceEnvironment(backing, { ROLES: role, FAILPOINTS: failPoints }),
      readyPath: failPoints === '' ? '/health/ready' : null,
    });
  }

  /** A worker that is started again whenever it dies, as a supervisor does. */
  class Supervised {
    readonly lives: SpawnedService[] = [];
    private readonly wish = new AbortController();
    private readonly ended: Promise<void>;

    constructor(failPoints: string) {
      this.ended = this.run(failPoints);
    }

    /** How often it died. */
    async deaths(): Promise<number> {
      const ends = await Promise.all(this.lives.map((life) => life.exited));
      return ends.filter((end) => end === 'SIGKILL').length;
    }

    async stop(): Promise<void> {
      this.wish.abort();
      await this.ended;
    }

    private async run(failPoints: string): Promise<void> {
      const stopped = once(this.wish.signal, 'abort');
      for (;;) {
        const life = await start('worker', failPoints);
        this.lives.push(life);
        await Promise.race([life.exited, stopped]);
        if (!this.wish.signal.aborted) continue;
        await life.kill('SIGTERM');
        return;
      }
    }
  }

  it(
    'an event that ends every process becomes a dead letter, and its neighbours are applied',
    async () => {
      const [poison, ...neighbours] = range(6).map(() =>
        new Story().stripe('payment_intent.succeeded'),
      );
      // Together, so that they share their rings.
      await Promise.all([poison!, ...neighbours].map((event) => client.expectAccepted(event)));
      // The second is right behind the line of the log that tells of it.
      const points = ['apply.claimed', 'apply.begun'];
      const failPoints = points.map((point) => `${point}:${poison!.eventId}`).join(',');
      const workers = [new Supervised(failPoints), new Supervised(failPoints)];
      const row = await finished(database, poison!, PATIENCE_MS);
      const rows = await allFinished(database, neighbours, PATIENCE_MS);
      await Promise.all(workers.map((worker) => worker.stop()));

      expect(row).toMatchObject({ status: 'dead', outcome_reason: 'process_ended', attempts: 1 });
      expect(row.attempt_errors).toMatchObject([{ code: 'process_ended' }]);
      expect(rows.map(({ status, attempts }) => [status, attempts])).toEqual(
        neighbours.map(() => ['applied', 0]),
      );
      const deaths = await Promise.all(workers.map((worker) => worker.deaths()));
      expect(deaths[0]! + deaths[1]!).toBeGreaterThanOrEqual(3);
      // Whoever is woken by the deaths finds the event in the log, before it is dead.
      const lines = workers.flatMap(({ lives }) => lives.flatMap((one) => logLines(one.logs())));
      expect(lines).toContainEqual(expect.objectContaining({ inboxId: row.id, unended: 1 }));

      // Once it is mended, nothing is left of all that.
      const mended = await start('worker');
      const replay = await fetch(`${api.url}/v1/events/${row.id}/replay`, {
        method: 'POST',
        headers: AS_OPERATOR,
        body: JSON.stringify({ reason: 'mended' }),
      });
      expect(replay.status).toBe(200);
      await eventually(
        async () => expect(await finished(database, poison!)).toMatchObject({ status: 'applied' }),
        { timeoutMs: PATIENCE_MS },
      );
      await mended.kill('SIGTERM');
    },
    TEST_TIMEOUT_MS,
  );
});
