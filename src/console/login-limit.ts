import type {} from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TollgateError } from '../errors.js';

type Limit = ReturnType<FastifyRequest['server']['createRateLimit']>;

/** Whoever has many addresses has this many times the tries of one, and no more. */
const ALL_ADDRESSES_FACTOR = 10;

/**
 * Bounds how often somebody may try to log in, from one address and from all together, so that no
 * token is guessed. Each process counts for itself; a restart forgets.
 */
export class LoginLimit {
  private limits: readonly Limit[] | null = null;

  constructor(private readonly loginsPerMinute: number) {}

  /** Counts a try. @throws TollgateError `too_many_requests`, with `Retry-After` in the answer */
  async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // Made at the first try: the server has the plugin only after it was composed.
    this.limits ??= createLimits(request.server, this.loginsPerMinute);
    for (const limit of this.limits) {
      const counted = await limit(request);
      if (counted.isAllowed || !counted.isExceeded) continue;
      reply.header('retry-after', String(counted.ttlInSeconds));
      throw new TollgateError('too_many_requests', 'too many tries to log in');
    }
  }
}

function createLimits(server: FastifyRequest['server'], max: number): readonly Limit[] {
  const timeWindow = '1 minute';
  const everywhere = { max: max * ALL_ADDRESSES_FACTOR, keyGenerator: () => 'all' };
  return [
    server.createRateLimit({ max, timeWindow }),
    server.createRateLimit({ ...everywhere, timeWindow }),
  ];
}
