import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Somebody who is told over HTTP, and who may have trouble of his own. */
export class Recipient {
  /** How often each message was accepted. */
  readonly accepted = new Map<string, number>();
  /** Times at which each message was refused, in milliseconds of `performance.now()`. */
  readonly refused = new Map<string, number[]>();
  private failureShare = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {
    server.on('request', (request, response) => {
      request.resume().once('end', () => {
        const id = String(request.headers['webhook-id']);
        const isRefused = Math.random() < this.failureShare;
        if (isRefused) this.refused.set(id, [...(this.refused.get(id) ?? []), performance.now()]);
        else this.accepted.set(id, (this.accepted.get(id) ?? 0) + 1);
        response.writeHead(isRefused ? 503 : 204).end();
      });
    });
  }

  static async listen(): Promise<Recipient> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Recipient(server, `http://127.0.0.1:${port}/messages`);
  }

  /** Answers this share of the requests with 503. */
  fail(share: number): void {
    this.failureShare = share;
  }

  heal(): void {
    this.failureShare = 0;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
