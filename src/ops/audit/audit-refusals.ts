import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAdmitted } from '../../access/api.guard.js';
import { authenticate } from '../../access/authenticate.js';
import type { AuditAction } from '../../audit/audit.queries.js';
import type { ErrorCode } from '../../errors.js';
import type { Services } from '../../services.js';
import { noteRefusal } from './as-action.js';

/** What a person wants who comes to a route. */
export const AUDITED_ROUTES: Readonly<Record<string, AuditAction>> = {
  'GET /v1/events/:id/raw': 'event.download',
  'POST /v1/events/:id/replay': 'event.replay',
  'POST /v1/events/:id/discard': 'event.discard',
  'POST /v1/consumers/:consumer/messages/:id/replay': 'message.replay',
  'POST /v1/consumers/:consumer/messages/:id/discard': 'message.discard',
  'DELETE /v1/consumers/:consumer': 'consumer.remove',
  'POST /v1/replays': 'replay.start',
  'POST /v1/replays/:id/pause': 'replay.pause',
  'POST /v1/replays/:id/resume': 'replay.resume',
  'POST /v1/replays/:id/cancel': 'replay.cancel',
  'POST /v1/reviews/:id/claim': 'review.claim',
  'POST /v1/reviews/:id/release': 'review.release',
  'POST /v1/reviews/:id/resolve': 'review.resolve',
};

/** With what a request is refused before its route has seen it. */
const EARLY_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  403: 'forbidden',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/**
 * Writes down what was refused before {@link asAction} could: the wrong role, and a body that nobody
 * has read. Nothing is written for somebody who has no token, or he could fill the table; and the
 * answer waits for the entry, so that nobody has more of them under way than requests.
 */
export function auditRefusals(
  fastify: FastifyInstance,
  services: Pick<Services, 'config' | 'database' | 'logger'>,
): void {
  fastify.addHook('onRoute', (route) => {
    const action = AUDITED_ROUTES[`${String(route.method)} ${route.url}`];
    if (action === undefined) return;
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      async (request, reply, payload) => {
        await auditEarly(services, action, request, reply);
        return payload;
      },
    ];
  });
}

async function auditEarly(
  services: Pick<Services, 'config' | 'database' | 'logger'>,
  action: AuditAction,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const code = EARLY_CODES[reply.statusCode];
  if (code === undefined || isAdmitted(request)) return;
  const caller = authenticate(request.headers.authorization, services.config.API_TOKENS);
  if (!caller) return;
  const { consumer, id } = request.params as { readonly consumer?: string; readonly id?: string };
  const subject = [consumer, id].filter((part) => part !== undefined).join('/');
  await noteRefusal(services, caller, { action, subject }, code);
}
