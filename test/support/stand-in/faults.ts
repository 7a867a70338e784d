import type { Route } from './exchange.js';

/**
 * What goes wrong with a request. `before`: nothing happened at the provider; `after`: it acted,
 * and only the answer is not what it should be.
 */
export type Fault =
  | { readonly kind: 'reset-before' | 'reset-after' }
  /** Never answers; the connection stays open until the client or the stand-in closes it. */
  | { readonly kind: 'timeout-before' | 'timeout-after' }
  | TroubleFault
  /** Works on the request for so long, then acts and answers. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Acted; a 200 with something that is no JSON, as a proxy in between might send it. */
  | { readonly kind: 'garbage' }
  /** Waits at the gate: before it acts, or with the answer in hand. */
  | { readonly kind: 'gate-before' | 'gate-after'; readonly gate: Gate };

export interface TroubleFault {
  readonly kind: 'status-before' | 'status-after';
  /** 500 by default. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether the provider keeps this answer under the idempotency key, so that a repetition gets it
   * again. By default a 500 is kept, as Stripe does, and anything else comes from a proxy which
   * knows nothing of keys.
   */
  readonly kept?: 'under-key' | 'nowhere';
}

/** Which requests: those of a route, or all. */
export type FaultRoute = Route | '*';

interface Plan {
  readonly route: FaultRoute;
  readonly draw: () => Fault | null;
}

/** The faults that requests are going to meet, one each. */
export class Faults {
  private readonly queued: Plan[] = [];
  private standing: Plan[] = [];

  /**
   * The next requests of the route meet this fault, then those after them the one that is
   * programmed next. Null lets them pass.
   */
  next(route: FaultRoute, fault: Fault | null, times = 1): void {
    for (let time = 0; time < times; time += 1) this.queued.push({ route, draw: () => fault });
  }

  /** Every request of the route that nothing was queued for; the last word counts. */
  always(route: FaultRoute, fault: Fault): void {
    this.standing.unshift({ route, draw: () => fault });
  }

  /** As {@link always}, with one of the choices at random: the same seed, the same faults. */
  sometimes(route: FaultRoute, seed: number, choices: readonly (Fault | null)[]): void {
    const random = createRandom(seed);
    const draw = () => choices[Math.floor(random() * choices.length)] ?? null;
    this.standing.unshift({ route, draw });
  }

  /** Holds the next request of the route, and returns what lets it go. */
  gate(route: FaultRoute, when: 'before' | 'after'): Gate {
    const gate = new Gate();
    this.next(route, { kind: `gate-${when}`, gate });
    return gate;
  }

  /** How many of those that were programmed with `next` have not been met. */
  get queuedCount(): number {
    return this.queued.length;
  }

  clear(): void {
    this.queued.length = 0;
    this.standing = [];
  }

  /** The fault that a request of this route meets now. */
  take(route: Route | null): Fault | null {
    const matches = (plan: Plan) => plan.route === '*' || plan.route === route;
    const at = this.queued.findIndex(matches);
    const plan = at === -1 ? this.standing.find(matches) : this.queued.splice(at, 1)[0];
    return plan?.draw() ?? null;
  }
}

/** Where a request waits until a test has arranged the rest: a race without a clock. */
export class Gate {
  /** Fulfilled when a request stands before the gate. */
  readonly reached: Promise<void>;
  private readonly opened: Promise<void>;
  private tellReached!: () => void;
  private open!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => (this.tellReached = resolve));
    this.opened = new Promise((resolve) => (this.open = resolve));
  }

  release(): void {
    this.open();
  }

  /** For the stand-in. */
  pass(): Promise<void> {
    this.tellReached();
    return this.opened;
  }
}

/** Mulberry32: small, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
