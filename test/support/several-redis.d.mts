import type { ChildProcess } from 'node:child_process';

export interface SeveralRedis {
  /** Value for REDIS_URL. */
  readonly url: string;
  /** By port. */
  readonly nodes: ReadonlyMap<number, ChildProcess>;
}

export const MASTER: string;
export function startRedisCluster(where: {
  readonly program: string;
  readonly folder: string;
}): Promise<SeveralRedis>;
export function startRedisSentinel(where: {
  readonly program: string;
  readonly folder: string;
}): Promise<SeveralRedis>;
export function stopAll(several: Pick<SeveralRedis, 'nodes'>): Promise<void>;
