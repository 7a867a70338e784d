import type { FastifyInstance, FastifyReply } from 'fastify';
import { isConsoleRequest } from './console-request.js';

/**
 * What a page of the console may load and do: files of ours, and nothing that stands in the page
 * itself. Text that was smuggled into a page cannot run.
 */
export const CONSOLE_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Sets the headers of every answer of the routes under `/console`, and has no part in any other:
 * what acknowledges a webhook runs past no hook of pages. What no route answers is answered by
 * `sendProblemPage`, which sets them itself.
 */
export function protectConsole(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (!isConsoleRequest(route)) return;
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      (_request, reply, _payload, done) => {
        protectPage(reply);
        done();
      },
    ];
  });
}

/** Sets what holds for whatever is answered under `/console`. */
export function protectPage(reply: FastifyReply): void {
  reply.header('content-security-policy', CONSOLE_SECURITY_POLICY);
  reply.header('referrer-policy', 'no-referrer');
  reply.header('x-frame-options', 'DENY');
  // What a page shows is gone with its session, also from the disk of a shared machine.
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}
