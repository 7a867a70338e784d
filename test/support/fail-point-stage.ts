import { eventually } from './eventually.js';
import { Shop, type CommandAnswer, type CommandOptions } from './shop.js';
import type { SpawnedService } from './spawn-service.js';
import type { StoryEvent } from './story.js';
import { WebhookClient } from './webhook-client.js';

/** Whoever waits in vain has a defect to show, and says it before the test is over. */
const PATIENCE = { timeoutMs: 60_000 };
/** From a connection that breaks until its process is seen to be dead. */
const DEATH = { timeoutMs: 10_000 };

/** Every loop of the service runs, and soon. */
const ENVIRONMENT = {
  CONSUMERS: 'invoices,access',
  RELAY_INTERVAL_MS: '50',
  RELAY_LEASE_SECONDS: '1',
  RELAY_RESEND_SECONDS: '1',
  // Several rings of a sweeper, so that it can die between two of them.
  RING_EVENTS_MAX: '1',
  RESOLVE_INTERVAL_SECONDS: '1',
  // Nobody asks about a payment before a test says that it is time.
  RESOLVE_SCHEDULE_SECONDS: '86400',
};

/**
 * A shop whose service may die at any moment: what got no answer is sent again to the next process,
 * as clients and providers do.
 */
export class Stage {
  private doomed: SpawnedService | null = null;
  private end: number | NodeJS.Signals | null = null;

  private constructor(readonly shop: Shop) {}

  /** @param redisUrl undefined: the queues are in PostgreSQL */
  static async open(redisUrl: string | undefined): Promise<Stage> {
    return new Stage(await Shop.open({ ...ENVIRONMENT, REDIS_URL: redisUrl }));
  }

  close(): Promise<void> {
    return this.shop.close();
  }

  /** Puts a process that is to die in place of the one that runs. @param failPoints as in `FAILPOINTS` */
  async doom(failPoints: string): Promise<void> {
    await this.shop.kill();
    await this.shop.start({ FAILPOINTS: failPoints });
    this.doomed = this.shop.service;
    this.end = null;
    void this.doomed.exited.then((end) => (this.end = end));
  }

  /**
   * Sends something until it is answered.
   * @param onDeath called when the doomed process has died, before there is another one
   */
  async insist<T>(send: () => Promise<T>, onDeath: () => Promise<void>): Promise<T> {
    if (!this.doomed) return eventually(send, PATIENCE);
    try {
      return await send();
    } catch (error) {
      // A connection may break for no other reason.
      await eventually(() => this.expectDead(error), DEATH);
    }
    await this.survive(onDeath);
    return eventually(send, PATIENCE);
  }

  /** Waits until the doomed process is dead, unless it was before, and starts one that lives on. */
  async survive(onDeath: () => Promise<void>): Promise<void> {
    if (!this.doomed) return;
    await eventually(() => this.expectDead(new Error('the process lives on')), PATIENCE);
    const { doomed, end } = this;
    this.doomed = null;
    if (end !== 'SIGKILL') throw new Error(`it ended with ${end} by itself:\n${doomed.logs()}`);
    await onDeath();
    await this.shop.start();
  }

  /** Whatever has gone wrong, a process runs that lives on: for the next test. */
  async revive(): Promise<void> {
    if (!this.doomed && this.shop.isRunning) return;
    this.doomed = null;
    await this.shop.kill();
    await this.shop.start();
  }

  /** Delivers an event as its provider does. @throws Error unless it is accepted */
  async deliver(event: StoryEvent): Promise<void> {
    const client = new WebhookClient(this.shop.service.url);
    try {
      await client.expectAccepted(event);
    } finally {
      client.close();
    }
  }

  /** Sends a command. @throws Error when the answer is to send it again */
  async command(path: string, body: unknown, options: CommandOptions): Promise<CommandAnswer> {
    const answer = await this.shop.post(path, body, options);
    if (answer.status >= 500 || answer.status === 409) throw new Error(answer.text);
    return answer;
  }

  private expectDead(otherwise: unknown): void {
    if (this.end === null) throw otherwise;
  }
}
