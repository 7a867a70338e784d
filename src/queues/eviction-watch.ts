const NONE = 'noeviction';

/**
 * Says once when a Redis throws keys away to make room, and again when it does so anew: jobs would
 * vanish in their middle. Nothing is lost by that, since the rows are the work, but all is slow.
 */
export class EvictionWatch {
  private policy: string = NONE;

  constructor(private readonly onError: (error: Error) => void) {}

  /** @param memories what `INFO memory` answered: of one Redis, or of each master of a cluster */
  look(memories: readonly string[]): void {
    const policies = memories.map((one) => /^maxmemory_policy:(\S+)/m.exec(one)?.[1] ?? NONE);
    const policy = policies.find((one) => one !== NONE) ?? NONE;
    const isNews = policy !== this.policy;
    this.policy = policy;
    if (!isNews || policy === NONE) return;
    this.onError(
      new Error(
        `Redis throws jobs away when it is full, as maxmemory-policy ${policy} says: set it to ${NONE}`,
      ),
    );
  }
}
