import type { Session } from '../database/session.js';
import type { TimerOwner, VirtualTime } from './virtual-time.js';

/** What goes wrong with a process at one of its acts. */
export interface Fault {
  /** `stalls`: it stops and may go on later; `is cut off`: the act fails and nobody knows why. */
  readonly kind: 'dies' | 'stalls' | 'is cut off';
  /** Counted from 1 in what it is about to do; or the name of the act, the first time it comes. */
  readonly step: number | string;
  /** Whether the act has happened by then. */
  readonly when: 'before' | 'after';
}

/** Told of everything that a process does. */
export interface ProcessWatch {
  readonly acted: (process: Process, act: string) => void;
  readonly suffered: (process: Process, fault: Fault, act: string) => void;
}

/**
 * A process of the service. Whatever it does to the world is an act of its own, at each of which it
 * may die, stop for a while, or lose its connection; in between, nothing can be seen of it.
 */
export class Process implements TimerOwner {
  isDead = false;
  isStopped = false;
  /** True from the begin of a task to its end. */
  isBusy = false;
  /** Connections with what is not committed yet. */
  readonly sessions = new Set<Session>();
  private fault: Fault | null = null;
  private steps = 0;
  private goOn: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly time: VirtualTime,
    private readonly watch: ProcessWatch,
  ) {}

  /** Begins a task, which ends by itself, or with the process. */
  start(task: () => Promise<unknown>, fault: Fault | null, ended: (error?: unknown) => void): void {
    this.isBusy = true;
    this.plan(fault);
    const end = (error?: unknown) => {
      if (this.isDead) return;
      this.isBusy = false;
      this.fault = null;
      ended(error);
    };
    task().then(() => {
      end();
    }, end);
  }

  /** Goes on after it was stopped. */
  resume(fault: Fault | null): void {
    this.plan(fault);
    this.isStopped = false;
    for (const one of this.goOn.splice(0)) one();
  }

  /** Ends at once; what it has not committed is undone. */
  die(close: (session: Session) => void): void {
    this.isDead = true;
    for (const session of this.sessions) close(session);
    this.sessions.clear();
  }

  /**
   * Does something to the world, unless something goes wrong.
   * @param cut ends the connection over which it is done
   */
  async act<T>(name: string, work: () => Promise<T>, cut: () => void): Promise<T> {
    await this.awake();
    this.steps += 1;
    const { step } = this.fault ?? {};
    const fault = step === this.steps || step === name ? this.fault : null;
    if (fault?.when === 'before') await this.suffer(fault, name, cut);
    this.watch.acted(this, name);
    try {
      const result = await work();
      if (fault?.when === 'after') await this.suffer(fault, name, cut);
      return result;
    } finally {
      await this.awake();
      this.time.owner = this;
    }
  }

  /** What goes wrong from here on, if anything. */
  plan(fault: Fault | null): void {
    this.fault = fault;
    this.steps = 0;
  }

  private async suffer(fault: Fault, act: string, cut: () => void): Promise<void> {
    this.fault = null;
    if (!this.isDead) this.watch.suffered(this, fault, act);
    if (fault.kind === 'stalls') this.isStopped = true;
    await this.awake();
    if (fault.kind !== 'is cut off') return;
    cut();
    this.time.owner = this;
    throw new Error('Connection terminated unexpectedly');
  }

  /** Resolves when it may go on; never, once it is dead. */
  private async awake(): Promise<void> {
    while (this.isStopped && !this.isDead) {
      await new Promise<void>((resolve) => this.goOn.push(resolve));
    }
    if (this.isDead) await new Promise<never>(() => undefined);
  }
}
