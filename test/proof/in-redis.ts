import { Redis } from 'ioredis';
import type { Scene } from './scene.js';

/** The rings that no worker has heard yet, as BullMQ keeps them. */
const RINGS = 'tollgate_queues:inbox:wait';

/** Speaks to Redis past all proxies, for as long as the work takes. */
export async function inRedis<T>({ world }: Scene, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(world.redis.url, { lazyConnect: true });
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Sets how much it may hold and what it does then, as long as the work takes. */
export async function withRedisMemory(
  scene: Scene,
  settings: { readonly bytes: number; readonly policy: string },
  work: (redis: Redis) => Promise<void>,
): Promise<void> {
  await inRedis(scene, async (redis) => {
    const set = async (bytes: number, policy: string): Promise<void> => {
      await redis.config('SET', 'maxmemory-policy', policy);
      await redis.config('SET', 'maxmemory', bytes);
    };
    try {
      await set(settings.bytes, settings.policy);
      await work(redis);
    } finally {
      await set(0, 'noeviction');
    }
  });
}

export function countRings(redis: Redis): Promise<number> {
  return redis.llen(RINGS);
}

/** A figure that `INFO` tells. */
export async function redisFigure(redis: Redis, name: string): Promise<number> {
  const info = await redis.info();
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? NaN);
}
