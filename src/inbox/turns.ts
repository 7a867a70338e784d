/**
 * Lets rings be worked on side by side, and one of them alone where that is asked for: nothing else
 * is under way then, and nothing else begins. Neither waits for longer than `patienceMs`, since what
 * hangs must not hold up everything.
 */
export class Turns {
  private readonly underWay = new Set<Promise<unknown>>();
  /** Settles when others may begin; null: they may. */
  private lonely: Promise<void> | null = null;

  constructor(private readonly patienceMs: number) {}

  async besideOthers<T>(work: () => Promise<T>): Promise<T> {
    while (this.lonely) await this.lonely;
    const turn = work();
    this.underWay.add(turn);
    try {
      return await turn;
    } finally {
      this.underWay.delete(turn);
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.lonely) await this.lonely;
    const others = [...this.underWay];
    const before = within(this.patienceMs, Promise.allSettled(others));
    const turn = before.then(work);
    this.lonely = before
      .then(() => within(this.patienceMs, turn))
      .then(() => {
        this.lonely = null;
      });
    return turn;
  }
}

/** Resolves when it has settled, or the time is up. */
async function within(patienceMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work.catch(() => undefined), timeUp]);
  clearTimeout(timer);
}
