import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** Connections that nobody uses, as many as there are. */
export interface Crowd {
  readonly size: number;
  leave(): Promise<void>;
}

const AGAIN_MS = 100;

/** Takes so many connections, those that only become free included, and keeps them. */
export function crowd(databaseUrl: string, wanted: number): Crowd {
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
  const sitting = Array.from({ length: wanted }, sit);
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
