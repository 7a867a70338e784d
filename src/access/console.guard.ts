import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { TollgateError } from '../errors.js';
import type { Services } from '../services.js';
import { SERVICES } from '../tokens.js';
import { admit } from './api.guard.js';
import { refuseOtherSites } from './same-origin.js';
import { readSessionCookie } from './session-cookie.js';
import { readSession, type Session } from './sessions.js';

/** Name of the form field, and of the header of htmx, with the token of the session. */
export const CSRF_FIELD = '_csrf';
const CSRF_HEADER = 'x-csrf-token';

/**
 * Lets only people through who are logged in at the console and whose role the route allows. What
 * changes something must come from a page of the console and carry the token of the session: two
 * proofs that it was meant, beside the cookie that is not sent from elsewhere.
 */
@Injectable()
export class ConsoleGuard implements CanActivate {
  constructor(
    @Inject(SERVICES) private readonly services: Pick<Services, 'config' | 'database'>,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { config, database } = this.services;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (!isReading) refuseOtherSites(request);
    const id = readSessionCookie(request, config);
    const session = await readSession(database.command, id, config.API_TOKENS);
    if (!session) throw new TollgateError('unauthenticated', 'log in to the console');
    if (!isReading && !isProof(givenToken(request), session.csrfToken)) {
      throw new TollgateError('forbidden', 'the form is not of this session: load its page again');
    }
    admit(context, this.reflector, session.caller);
    SESSIONS.set(request, session);
    return true;
  }
}

function givenToken({ headers, body }: FastifyRequest): unknown {
  const isForm = typeof body === 'object' && body !== null && CSRF_FIELD in body;
  return isForm ? body[CSRF_FIELD] : headers[CSRF_HEADER];
}

function isProof(given: unknown, wanted: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digestOf(given), digestOf(wanted));
}

/** Of equal length, which the comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const SESSIONS = new WeakMap<FastifyRequest, Session>();

/** The session of a request that the guard let through; null: it went past no guard. */
export function sessionOf(request: FastifyRequest): Session | null {
  return SESSIONS.get(request) ?? null;
}
