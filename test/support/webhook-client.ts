import { Agent, request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { findProviderEntry } from '../../src/providers/providers.js';
import { registerSecret, TEST_SECRETS } from './secrets.js';
import type { StoryEvent } from './story.js';

export { TEST_SECRETS };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface DeliveryOptions {
  readonly secret?: string;
  /** Milliseconds since 1970; now by default. */
  readonly signedAtMs?: number;
  /** Instead of `/webhooks/<provider>`. */
  readonly path?: string;
  readonly method?: string;
  /** Instead of the body of the event, after it was signed. */
  readonly sendBody?: Buffer;
  /** On top of the signature, or instead of it where the names are the same; null removes one. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | number | null>>;
}

/** A provider that delivers webhooks: signs them as the real one does and keeps connections open. */
export class WebhookClient {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    { connections = 16 }: { readonly connections?: number } = {},
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /**
   * Delivers an event and returns the answer.
   * @throws Error when the connection breaks before an answer: then nobody knows
   */
  deliver(event: StoryEvent, options: DeliveryOptions = {}): Promise<Answer> {
    const { path = `/webhooks/${event.provider}`, method = 'POST', sendBody } = options;
    const headers = signedHeaders(event, options);
    return this.send(method, path, headers, sendBody ?? event.body);
  }

  /** Delivers an event and expects one of the two promises. */
  async expectAccepted(
    event: StoryEvent,
    options: DeliveryOptions = {},
  ): Promise<'recorded' | 'duplicate'> {
    const answer = await this.deliver(event, options);
    if (answer.status !== 200) throw new Error(`it answered ${answer.status} ${answer.text}`);
    return receiptOf(answer);
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.send('GET', path, headers);
  }

  close(): void {
    this.agent.destroy();
  }

  private send(
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    body?: Buffer,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.url);
      const outgoing = request({ hostname, port, path, method, headers, agent: this.agent });
      outgoing.on('error', reject).on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('error', reject);
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      });
      outgoing.end(body);
    });
  }
}

/** Every header of a delivery. */
export function signedHeaders(event: StoryEvent, options: DeliveryOptions = {}) {
  const { provider, body } = event;
  const { secret = TEST_SECRETS[provider], signedAtMs = Date.now() } = options;
  registerSecret('what a delivery was signed with', secret);
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/json',
    'content-length': (options.sendBody ?? body).length,
    ...findProviderEntry(provider)!.sign({ body, secret, signedAtMs }),
  };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value === null) Reflect.deleteProperty(headers, name);
    else headers[name] = value as string;
  }
  return headers;
}

/** What a 200 promises. */
export function receiptOf(answer: Answer): 'recorded' | 'duplicate' {
  return (JSON.parse(answer.text) as { status: 'recorded' | 'duplicate' }).status;
}
