import type { Scene } from './scene.js';

/** A fault that the proof injects. */
export interface InjectedFault {
  /** Its row in the matrix: `F8`. */
  readonly id: string;
  readonly title: string;
  /** What is expected of it beyond the invariants, in a few words. */
  readonly expected: string;
  /** Events per second; that of the whole run by default. */
  readonly ratePerSecond?: number;
  /** Where the queues must be for it; either by default. */
  readonly queues?: 'redis' | 'postgres';
  /** Why it cannot run on this machine; null when it can. */
  readonly obstacle?: () => string | null;
  /** Injects it while the load goes on. What it leaves broken is healed after it. */
  readonly inject: (scene: Scene) => Promise<void>;
}

/** A row of the matrix that the proof does not run. */
export interface FaultElsewhere {
  readonly id: string;
  readonly title: string;
  /** Why not, and what shows it instead. */
  readonly notRun: string;
}

export type Fault = InjectedFault | FaultElsewhere;

export function isInjected(fault: Fault): fault is InjectedFault {
  return 'inject' in fault;
}
