/** Whether there is more to do at once, or time for a pause. */
export type Pass = 'more' | 'done';

/**
 * Repeats one pass for as long as the process lives: the `run` over a `runOnce`. A pass that fails
 * is told and tried again after the pause; there is never more than one under way.
 */
export class Loop {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<unknown> = Promise.resolve();
  private isStopped = false;
  private isRunning = false;
  private isWoken = false;

  constructor(
    private readonly pass: () => Promise<Pass>,
    private readonly pauseMs: number,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.schedule(0);
  }

  /** Ends the pause: there is something to do. What a pass under way may have missed gets another. */
  wake(): void {
    if (this.isRunning) this.isWoken = true;
    else if (this.timer) this.schedule(0);
  }

  /** Resolves when the pass under way has ended; there is no other after it. */
  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.isStopped) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, delayMs);
  }

  private async runOnce(): Promise<void> {
    let pass: Pass = 'done';
    this.isRunning = true;
    try {
      pass = await this.pass();
    } catch (error) {
      this.onError(error);
    }
    this.isRunning = false;
    const isNext = pass === 'more' || this.isWoken;
    this.isWoken = false;
    this.schedule(isNext ? 0 : this.pauseMs);
  }
}
