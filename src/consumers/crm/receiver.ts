import { Pool, type Dispatcher } from 'undici';
import { AddressRefusedError, createConnector, type Resolve } from './connector.js';
import { isPublicAddress } from './public-address.js';

/** What is read of an answer, so that its connection can be used again. Its status is the answer. */
const ANSWER_BYTES_MAX = 2048;

/** Requests at once; further ones wait for their turn, and their time is running. */
const CONNECTIONS_MAX = 32;

/** What came of a request. */
export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** The header `Retry-After`; null where there is none, or more than one. */
      readonly retryAfter: string | null;
    }
  /** Whether the receiver has seen the request is not known. */
  | { readonly kind: 'unanswered'; readonly reason: string }
  /** It is at an address that is not public; nothing was sent. */
  | { readonly kind: 'address_refused' };

export interface ReceiverOptions {
  /** For the whole of a request: the connection, the head of the answer and its body. */
  readonly timeoutMs: number;
  /** Lets it be at an address that is not public. */
  readonly allowPrivate: boolean;
  readonly resolve: Resolve;
}

/** Whoever messages are sent to. */
export interface Receiver {
  /** Sends one request. A redirect is an answer like others: it is not followed. */
  post(headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer>;
  /** Waits for the requests that are on their way, at most `timeoutMs`; then nothing is left. */
  close(): Promise<void>;
}

/** One pool of connections. Idle ones keep no process alive. */
export function createReceiver(url: URL, options: ReceiverOptions): Receiver {
  const { timeoutMs, allowPrivate, resolve } = options;
  const closing = new AbortController();
  const isAllowed = allowPrivate ? () => true : isPublicAddress;
  const pool = new Pool(url.origin, {
    connections: CONNECTIONS_MAX,
    connect: createConnector({ timeoutMs, signal: closing.signal, resolve, isAllowed }),
    // One clock for the whole of a request: the signal below.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  const close = async (): Promise<void> => {
    await pool.close();
    closing.abort();
  };
  let closed: Promise<void> | null = null;

  return {
    async post(headers, body) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        const path = url.pathname + url.search;
        const request = { path, method: 'POST', headers, body, signal: late.signal } as const;
        return await readAnswer(await pool.request(request));
      } catch (error) {
        if (error instanceof AddressRefusedError) return { kind: 'address_refused' };
        const reason = late.signal.aborted ? `time was up after ${timeoutMs} ms` : codeOf(error);
        return { kind: 'unanswered', reason };
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => (closed ??= close()),
  };
}

/**
 * An answer that is longer than need be counts by its status. One that breaks off does not: what
 * made it may have failed after the status was sent, and sending again is harmless.
 */
async function readAnswer(response: Dispatcher.ResponseData): Promise<Answer> {
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += (chunk as Buffer).length;
    if (bytes > ANSWER_BYTES_MAX) break; // which ends the connection as well
  }
  const retryAfter = response.headers['retry-after'];
  return {
    kind: 'answered',
    status: response.statusCode,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
  };
}

/** The error itself goes no further: libraries hang requests and answers onto theirs. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  const { code, name } = error as Partial<NodeJS.ErrnoException>;
  return [code, name].find((one) => typeof one === 'string') ?? 'unknown';
}
