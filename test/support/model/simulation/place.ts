import type { Job, MemoryQueue } from './memory-queue.js';
import type { Process } from './process.js';

/** A place for a process: when that dies, another one takes it. */
export class Place<Tools> {
  process: Process;
  /** The job that it works on. */
  job: { readonly queue: MemoryQueue; readonly job: Job } | null = null;
  private equipped: Tools | undefined;

  constructor(
    private readonly open: () => Process,
    private readonly equip: (process: Process) => Tools,
  ) {
    this.process = open();
  }

  /** Made when it is needed for the first time: most processes of most runs do nothing. */
  get tools(): Tools {
    return (this.equipped ??= this.equip(this.process));
  }

  get isFree(): boolean {
    return !this.process.isBusy;
  }

  /** Another process takes it. */
  fill(): void {
    this.process = this.open();
    this.equipped = undefined;
    this.job = null;
  }
}
