/** Whoever a timer belongs to: it does not fire while he is stopped, nor when he is dead. */
export interface TimerOwner {
  readonly isStopped: boolean;
  readonly isDead: boolean;
}

interface Timer {
  readonly owner: TimerOwner | null;
  atMs: number;
  /** Null for what fires once. */
  readonly everyMs: number | null;
  readonly fire: () => void;
}

/** When every run begins: a time that no provider's sample is after. */
const START_MS = Date.UTC(2027, 0, 1);

/**
 * Time that passes only when it is told to, for whatever is made by `setTimeout`, `setInterval`,
 * `Date.now` and `Math.random` while it is installed; and chance that is the same in every run.
 */
export class VirtualTime {
  nowMs = START_MS;
  /** To whom a timer belongs that is set now. */
  owner: TimerOwner | null = null;
  private timers: Timer[] = [];
  private chance = 1;

  /** @returns what puts the real ones back */
  install(): () => void {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
    const { now } = Date;
    const { random } = Math;
    const set = (everyMs: number | null) => (fire: () => void, delayMs: number) =>
      this.set(fire, delayMs, everyMs === null ? null : delayMs);
    const clear = (timer: Timer) => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
    Object.assign(globalThis, {
      setTimeout: set(null),
      setInterval: set(1),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => this.nowMs;
    Math.random = () => this.random();
    return () => {
      Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
      Date.now = now;
      Math.random = random;
    };
  }

  /** Lets time pass; whatever fires on the way comes to its rest before the next does. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const endMs = this.nowMs + ms;
    for (let timer = this.next(endMs); timer; timer = this.next(endMs)) {
      this.nowMs = Math.max(this.nowMs, timer.atMs);
      if (timer.everyMs === null) this.timers = this.timers.filter((one) => one !== timer);
      else timer.atMs = this.nowMs + timer.everyMs;
      this.owner = timer.owner;
      timer.fire();
      await settle();
    }
    this.nowMs = endMs;
  }

  private next(endMs: number): Timer | undefined {
    this.timers = this.timers.filter(({ owner }) => !owner?.isDead);
    const due = this.timers.filter(({ atMs, owner }) => atMs <= endMs && !owner?.isStopped);
    return due.sort((one, other) => one.atMs - other.atMs)[0];
  }

  private set(fire: () => void, delayMs: number, everyMs: number | null): object {
    const { owner } = this;
    const timer = { owner, atMs: this.nowMs + delayMs, everyMs, fire, unref: () => timer };
    this.timers.push(timer);
    return timer;
  }

  private random(): number {
    this.chance = (Math.imul(this.chance, 1_664_525) + 1_013_904_223) >>> 0;
    return this.chance / 2 ** 32;
  }
}
