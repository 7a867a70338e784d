const REFUSALS_PER_SECOND = 500;
/**
 * So many are answered at once, if there were none for a while. Whoever floods sends the next ones
 * as soon as he has his answers, so that these come at once as well, and all others wait behind.
 */
const REFUSALS_AT_ONCE = 20;
const DELAY_MAX_MS = 1000;

/**
 * Puts refusals off when there are many. Who sends what nobody has signed as fast as it is answered
 * takes the processor from deliveries that are signed; who has to wait for his answers cannot. A
 * secret that was exchanged on one side only is no flood: its refusals are answered at once.
 */
export class RefusalPace {
  private readonly intervalMs = 1000 / REFUSALS_PER_SECOND;
  /** When the next refusal has its turn; in the past, if there were few. */
  private turnAtMs = -Infinity;

  /** How long the next refusal waits for its answer, milliseconds. */
  next(nowMs: number = performance.now()): number {
    const turnAtMs = Math.max(this.turnAtMs, nowMs - REFUSALS_AT_ONCE * this.intervalMs);
    const delayMs = Math.max(0, turnAtMs - nowMs);
    if (delayMs > DELAY_MAX_MS) return DELAY_MAX_MS;
    this.turnAtMs = turnAtMs + this.intervalMs;
    return delayMs;
  }
}
