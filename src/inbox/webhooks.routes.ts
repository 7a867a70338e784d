import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DEFAULT_ACCOUNT } from '../providers/provider.js';
import { acceptDelivery, type Door } from './accept-delivery.js';
import type { Receipt } from './receive-event.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is bytes to be verified, whatever content type it claims. */
    readonly rawBody?: boolean;
  }
}

/** Where deliveries come to. */
interface WebhookRoute {
  readonly Params: { readonly provider: string; readonly account?: string };
}

/** None of helmet's headers, which tell a browser what it may do: they are made anew each time. */
const CONFIG = { rawBody: true, helmet: { skipRoute: true } };

/** There are two answers, so they are written down once. */
const ANSWERS: Readonly<Record<Receipt, string>> = {
  recorded: '{"status":"recorded"}',
  duplicate: '{"status":"duplicate"}',
};

/**
 * The door: raw bytes in, a status out. These are routes of Fastify itself and not a controller: what
 * Nest does for a request costs as much as verifying it.
 */
export function routeWebhooks(
  fastify: FastifyInstance,
  door: Door,
  errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
): void {
  for (const url of ['/webhooks/:provider', '/webhooks/:provider/:account']) {
    fastify.post<WebhookRoute>(url, { config: CONFIG, errorHandler }, async (request, reply) => {
      const { provider, account = DEFAULT_ACCOUNT } = request.params;
      const receipt = await acceptDelivery(door, request, provider, account);
      return reply.type('application/json; charset=utf-8').send(ANSWERS[receipt]);
    });
  }
}
