import http from 'node:http';
import https from 'node:https';
import Stripe from 'stripe';
import { newestKeys, ofAccount } from '../api-keys.js';
import { createCallPolicy } from '../call-policy.js';
import type { ApiOptions } from '../provider-api.js';
import { readErrorCode, unanswered, type Access } from '../provider-errors.js';
import { classifyStripeError } from './stripe.errors.js';

/** Stripe's SDK behind the call policy, and with our errors in place of its own. */
export interface StripeClient {
  /** Asks for something. @throws TollgateError as {@link ProviderApi} says */
  read<T extends object>(account: string, ask: StripeRequest<T>): Promise<Stripe.Response<T>>;
  /**
   * Changes something.
   * @param before runs when it is the request's turn; when it throws, nothing is asked
   * @throws as `read`
   */
  write<T extends object>(
    account: string,
    ask: StripeRequest<T>,
    before?: () => Promise<void>,
  ): Promise<Stripe.Response<T>>;
}

/** What the SDK takes for a closed connection. */
const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** One request of the SDK. */
export type StripeRequest<T> = (stripe: Stripe) => Promise<Stripe.Response<T>>;

/** One SDK client for each account; they share the connections and the policy. */
export function createStripeClient(options: ApiOptions): StripeClient {
  const policy = createCallPolicy('stripe', options);
  const config = readConfig(options);
  const sdks = new Map(
    [...newestKeys(options)].map(([account, key]) => [account, new Stripe(key, config)]),
  );

  const request = async <T extends object>(
    access: Access,
    account: string,
    ask: StripeRequest<T>,
    before?: () => Promise<void>,
  ): Promise<Stripe.Response<T>> => {
    const sdk = ofAccount(sdks, account);
    return policy.run(access, async () => {
      await before?.();
      const answer = await ask(sdk).catch((error: unknown) => {
        throw classifyStripeError(error, access);
      });
      // The SDK takes a failure whose JSON has no "error" (a proxy's) for an answer.
      const { statusCode } = answer.lastResponse;
      if (statusCode >= 400) throw unanswered(access, `stripe failed (${statusCode})`);
      return answer;
    });
  };

  return {
    read: (account, ask) => request('read', account, ask),
    write: (account, ask, before) => request('write', account, ask, before),
  };
}

function readConfig({ baseUrl, timeoutMs, concurrencyMax }: ApiOptions) {
  const url = baseUrl === null ? null : new URL(baseUrl);
  const isPlain = url?.protocol === 'http:';
  // The agent's time-out covers connecting, which the SDK's does not, and closes idle connections
  // before Stripe does. They keep no process alive.
  const agentOptions = { keepAlive: true, maxSockets: concurrencyMax, timeout: timeoutMs };
  return {
    ...(url === null ? {} : addressOf(url)),
    httpClient: createHttpClient(
      isPlain ? new http.Agent(agentOptions) : new https.Agent(agentOptions),
    ),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  };
}

/**
 * Node's client, of which the SDK never learns that a connection was closed: whatever its settings,
 * it would repeat the request by itself. Then the failure to connect again would hide that the
 * first request may have acted, and our limits would not count the second.
 */
function createHttpClient(agent: http.Agent) {
  const client = Stripe.createNodeHttpClient(agent);
  return {
    getClientName: () => client.getClientName(),
    makeRequest: (...request: Parameters<typeof client.makeRequest>) =>
      client.makeRequest(...request).catch((error: unknown) => {
        if (!CLOSED.has(readErrorCode(error))) throw error;
        throw Object.assign(new Error('closed'), { code: 'CONNECTION_CLOSED' });
      }),
  };
}

function addressOf(url: URL) {
  const isPlain = url.protocol === 'http:';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isPlain ? 80 : 443) : Number(url.port),
    protocol: isPlain ? ('http' as const) : ('https' as const),
  };
}
