import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it came. */
export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body, which is a message. */
  readonly message: {
    readonly id: string;
    readonly type: string;
    readonly subject: string;
    readonly aggregate: string;
    readonly aggregateversion: number;
  };
}

/** Somebody whom the consumer `crm` posts to, at a port of this machine. */
export interface CrmReceiver {
  readonly url: string;
  /** Oldest first. */
  readonly requests: readonly ReceivedRequest[];
  close(): Promise<void>;
}

export async function startCrmReceiver(): Promise<CrmReceiver> {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const message = JSON.parse(body.toString()) as ReceivedRequest['message'];
      requests.push({ headers: request.headers, body, message });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
