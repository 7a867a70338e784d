import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is answered: JSON, or whatever the script does with the response by itself. */
export type ScriptedAnswer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly json: unknown }
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly text: string }
  | { readonly raw: (response: ServerResponse) => void };

/** A server on this machine that answers as a test says, and remembers what it was asked. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  /** May be changed at any time. */
  answer: (request: SeenRequest, number: number) => ScriptedAnswer = () => ({ json: {} });

  private readonly server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      this.requests.push(request);
      respond(response, this.answer(request, this.requests.length));
    });
  });

  static async start(): Promise<ScriptedServer> {
    const scripted = new ScriptedServer();
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get paths(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url}`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

function respond(response: ServerResponse, answer: ScriptedAnswer): void {
  if ('raw' in answer) {
    answer.raw(response);
    return;
  }
  response.writeHead(answer.status ?? 200, answer.headers);
  response.end('json' in answer ? JSON.stringify(answer.json) : answer.text);
}

/** An address of this machine at which nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = await ScriptedServer.start();
  const { url } = server;
  await server.close();
  return url;
}
