import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, TollgateError } from '../errors.js';
import { DEFAULT_ACCOUNT } from '../providers/provider.js';
import { acceptDelivery, type Door } from './accept-delivery.js';
import { createBodyReceiver, type BodyLimits, type BodyReceiver } from './receive-body.js';
import type { Receipt } from './receive-event.js';
import { RefusalPace } from './refusal-pace.js';

/** Where deliveries come to. */
interface WebhookRoute {
  readonly Params: { readonly provider: string; readonly account?: string };
}

const URLS = ['/webhooks/:provider', '/webhooks/:provider/:account'];

/** True of a route to which deliveries come. */
export function isWebhookRoute({ url }: { readonly url: string }): boolean {
  return URLS.includes(url);
}

/** What every body is taken for. A parser for `*` would be looked for anew for each of them. */
const BYTES = 'application/octet-stream';

/** There are two answers, so they are written down once. */
const ANSWERS: Readonly<Record<Receipt, string>> = {
  recorded: '{"status":"recorded"}',
  duplicate: '{"status":"duplicate"}',
};

type AnswerProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * The door: raw bytes in, a status out. These are routes of Fastify itself and not a controller: what
 * Nest does for a request costs as much as verifying it. They have a context of their own, so that
 * a delivery runs past nothing but what is here: call this before anything else gets hooks.
 */
export function routeWebhooks(
  fastify: FastifyInstance,
  door: Door,
  limits: BodyLimits,
  answerProblem: AnswerProblem,
): void {
  const bodies = createBodyReceiver(limits);
  const pace = new RefusalPace();
  const errorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const isRefused = isRefusal(error);
    if (isRefused) bodies.forget(request);
    const delayMs = isRefused ? pace.next() : 0;
    if (delayMs === 0) answerProblem(error, request, reply);
    else setTimeout(answerProblem, delayMs, error, request, reply);
  };
  void fastify.register((webhooks, _options, done) => {
    readRawBodies(webhooks, bodies);
    countUnread(webhooks, door);
    for (const url of URLS) {
      webhooks.post<WebhookRoute>(url, { errorHandler }, async (request, reply) => {
        const { provider, account = DEFAULT_ACCOUNT } = request.params;
        const receipt = await acceptDelivery(door, request, provider, account);
        return reply.type('application/json; charset=utf-8').send(ANSWERS[receipt]);
      });
    }
    done();
  });
}

/**
 * The bytes as they came, whatever content type they claim: nothing is parsed before a signature is
 * verified.
 */
function readRawBodies(webhooks: FastifyInstance, bodies: BodyReceiver): void {
  webhooks.decorateRequest('heldBytes', 0);
  webhooks.addHook('onRequest', (request, reply, done) => {
    // A content type that cannot be parsed would be refused before anybody saw the signature.
    request.raw.headers['content-type'] = BYTES;
    bodies.expect(request, reply);
    done();
  });
  webhooks.removeAllContentTypeParsers();
  webhooks.addContentTypeParser(BYTES, (request, payload, done) => {
    bodies.receive(request, payload, done);
  });
}

/** Deliveries that were refused before all of their body was read: no route has seen them. */
function countUnread(webhooks: FastifyInstance, { metrics }: Door): void {
  webhooks.addHook('onResponse', (request, reply, done) => {
    const reason = UNREAD_REASON[reply.statusCode];
    // Who has a body was seen by a route, which counts what it refuses by itself.
    if (reason !== undefined && request.body === undefined) {
      metrics.refused.inc({ provider: 'unknown', reason });
    }
    done();
  });
}

const UNREAD_REASON: Readonly<Record<number, string>> = {
  413: 'body_too_large',
  503: 'overloaded',
};

/** The sender is to blame; what we cannot do at the moment is answered at once. */
function isRefusal(error: FastifyError): boolean {
  const status = error instanceof TollgateError ? ERRORS[error.code].status : error.statusCode;
  return status !== null && status !== undefined && status < 500;
}
