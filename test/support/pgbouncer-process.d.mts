import type { ChildProcess } from 'node:child_process';

export function findPgBouncer(): string | null;
export function mayKnowNames(program: string): boolean;
export function startPgBouncer(options: {
  readonly program: string;
  readonly port: number;
  readonly folder: string;
  readonly postgresUrl: string;
  readonly settings?: Readonly<Record<string, string | number>>;
}): Promise<{ readonly child: ChildProcess; readonly url: string }>;
