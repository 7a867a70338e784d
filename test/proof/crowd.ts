import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Connections that nobody uses, as many as there are. */
export interface Crowd {
  readonly size: number;
  leave(): Promise<void>;
}

/** More than PostgreSQL has by default. */
const WANTED = 120;
const AGAIN_MS = 100;

/** Takes every connection that there is, and each that becomes free, until it leaves. */
export function crowd(databaseUrl: string): Crowd {
  const clients = new Set<pg.Client>();
  let isLeaving = false;
  const sit = async (): Promise<void> => {
    while (!isLeaving) {
      const client = new pg.Client({
        connectionString: databaseUrl,
        application_name: 'idle',
        connectionTimeoutMillis: 5000,
      });
      client.on('error', () => undefined); // somebody ended it: fine
      try {
        await client.connect();
        clients.add(client);
        return;
      } catch {
        await client.end().catch(() => undefined);
        await delay(AGAIN_MS); // there is no place at the moment
      }
    }
  };
  const sitting = Array.from({ length: WANTED }, sit);
  return {
    get size() {
      return clients.size;
    },
    leave: async () => {
      isLeaving = true;
      await Promise.all(sitting);
      await Promise.allSettled([...clients].map((client) => client.end()));
    },
  };
}
