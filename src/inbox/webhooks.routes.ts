import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, TollgateError } from '../errors.js';
import { DEFAULT_ACCOUNT } from '../providers/provider.js';
import { acceptDelivery, type Door } from './accept-delivery.js';
import type { BodyReceiver } from './receive-body.js';
import type { Receipt } from './receive-event.js';
import { RefusalPace } from './refusal-pace.js';

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

type AnswerProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * The door: raw bytes in, a status out. These are routes of Fastify itself and not a controller: what
 * Nest does for a request costs as much as verifying it.
 */
export function routeWebhooks(
  fastify: FastifyInstance,
  door: Door,
  bodies: Pick<BodyReceiver, 'forget'>,
  answerProblem: AnswerProblem,
): void {
  const pace = new RefusalPace();
  const errorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const isRefused = isRefusal(error);
    if (isRefused) bodies.forget(request);
    const delayMs = isRefused ? pace.next() : 0;
    if (delayMs === 0) answerProblem(error, request, reply);
    else setTimeout(answerProblem, delayMs, error, request, reply);
  };
  for (const url of ['/webhooks/:provider', '/webhooks/:provider/:account']) {
    fastify.post<WebhookRoute>(url, { config: CONFIG, errorHandler }, async (request, reply) => {
      const { provider, account = DEFAULT_ACCOUNT } = request.params;
      const receipt = await acceptDelivery(door, request, provider, account);
      return reply.type('application/json; charset=utf-8').send(ANSWERS[receipt]);
    });
  }
}

/** The sender is to blame; what we cannot do at the moment is answered at once. */
function isRefusal(error: FastifyError): boolean {
  const status = error instanceof TollgateError ? ERRORS[error.code].status : error.statusCode;
  return status !== null && status !== undefined && status < 500;
}
