import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { directUrlOf } from './test-pooler.js';

/** A way to PostgreSQL on which the answer to a COMMIT gets lost, although it was done. */
export interface LostAnswers {
  readonly url: string;
  /** COMMITs whose answer is still to get lost; the connection breaks with it. */
  losses: number;
  close(): Promise<void>;
}

const COMMIT = /\bcommit\b/i;

/** Listens on a port of its own and passes everything else on, past a pooler. */
export async function loseAnswers(databaseUrl: string): Promise<LostAnswers> {
  const url = new URL(directUrlOf(databaseUrl) ?? databaseUrl);
  const target = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    let isCommitting = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      isCommitting = COMMIT.test(bytes.toString('latin1'));
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isCommitting && lost.losses > 0) {
        lost.losses -= 1;
        client.destroy();
      } else {
        client.write(bytes);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const lost: LostAnswers = {
    url: url.href,
    losses: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return lost;
}
