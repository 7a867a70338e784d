import type { ChildProcess } from 'node:child_process';

export type RedisPersistence = 'none' | 'appendonly';

export function findRedisServer(): string | null;
export function installRedisServer(): string | null;
export function startRedis(options: {
  readonly program: string;
  readonly port: number;
  readonly folder: string;
  readonly persistence?: RedisPersistence;
  /** Settings on top of those of every test. */
  readonly more?: Readonly<Record<string, string | number>>;
}): Promise<ChildProcess>;
