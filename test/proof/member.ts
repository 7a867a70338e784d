import { readdirSync, readFileSync } from 'node:fs';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';

export type Role = 'api' | 'worker';
export type Environment = Readonly<Record<string, string>>;

/** How a process is started this one time. */
export interface StartOptions {
  /** On top of the environment that it always has. */
  readonly environment?: Environment;
  /** A program and its arguments that runs it, such as `prlimit`. */
  readonly under?: readonly string[];
  /** False: does not wait until it is ready. */
  readonly isAwaited?: boolean;
  /** Path that must answer 200 before it counts as started. */
  readonly readyPath?: string;
}

/** What a process uses of its machine. */
export interface Usage {
  readonly residentBytes: number;
  readonly files: number;
}

/** One of the processes under test: a place that is filled again whenever its process has ended. */
export class Member {
  private service: SpawnedService | null = null;
  private isOdd = false;
  private earlier = '';
  starts = 0;
  peak: Usage = { residentBytes: 0, files: 0 };

  constructor(
    readonly name: string,
    readonly role: Role,
    readonly environment: Environment,
    private readonly build: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.environment['PORT']}`;
  }

  get isRunning(): boolean {
    return this.service !== null;
  }

  get pid(): number {
    if (this.service === null) throw new Error(`${this.name} does not run`);
    return this.service.pid;
  }

  /** All that it has printed so far, over all its lives. */
  logs(): string {
    return this.earlier + (this.service?.logs() ?? '');
  }

  async start(options: StartOptions = {}): Promise<void> {
    if (this.service !== null) return;
    const { environment = {}, under = [], isAwaited = true, readyPath = '/health/ready' } = options;
    this.isOdd = Object.keys(environment).length > 0 || under.length > 0;
    const service = await spawnService({
      env: { ...this.environment, ...environment },
      under,
      build: this.build,
      readyPath: isAwaited ? readyPath : null,
    });
    this.starts += 1;
    this.service = service;
    void service.exited.then(() => {
      this.earlier += service.logs();
      if (this.service === service) this.service = null;
    });
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL', graceMs?: number): Promise<void> {
    const { service } = this;
    if (service === null) return;
    if (signal === 'SIGKILL') this.signal('SIGCONT');
    await service.kill(signal, graceMs);
    this.service = null;
  }

  /** Waits until it has ended by itself. @returns the exit code or the signal */
  async ended(): Promise<number | NodeJS.Signals | null> {
    return (await this.service?.exited) ?? null;
  }

  pause(): void {
    this.signal('SIGSTOP');
  }

  resume(): void {
    this.signal('SIGCONT');
  }

  /** Runs again as it always does, whatever became of it. */
  async restore(): Promise<void> {
    if (this.isOdd) await this.kill();
    await this.start();
  }

  /** Looks for the most memory and files anew. */
  forget(): void {
    this.peak = { residentBytes: 0, files: 0 };
  }

  /** Memory and open files now; remembers the most it ever saw. */
  measure(): Usage | null {
    if (this.service === null) return null;
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      const residentBytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
      const files = readdirSync(`/proc/${this.pid}/fd`).length;
      this.peak = {
        residentBytes: Math.max(this.peak.residentBytes, residentBytes),
        files: Math.max(this.peak.files, files),
      };
      return { residentBytes, files };
    } catch {
      return null; // it ended while we looked, or this is not Linux
    }
  }

  private signal(signal: NodeJS.Signals): void {
    try {
      if (this.service !== null) process.kill(this.service.pid, signal);
    } catch {
      // It has ended.
    }
  }
}
