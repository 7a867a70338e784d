import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';

type Settings = Pick<Config, 'NODE_ENV' | 'CONSOLE_SESSION_HOURS'>;

const SECONDS_PER_HOUR = 3600;

/**
 * In production the name begins with `__Host-`: a browser takes such a cookie only over https and
 * from this very host, so that no other service under the same domain can plant one. Its price is
 * the path `/`; the routes of the API get the cookie too, and never look at it. Elsewhere there may
 * be no https, and the cookie stays with the console.
 */
function cookieOf({ NODE_ENV, CONSOLE_SESSION_HOURS }: Settings): {
  readonly name: string;
  readonly options: CookieSerializeOptions;
} {
  const isProduction = NODE_ENV === 'production';
  return {
    name: isProduction ? '__Host-tollgate_session' : 'tollgate_session',
    options: {
      path: isProduction ? '/' : '/console',
      secure: isProduction,
      httpOnly: true,
      sameSite: 'strict',
      maxAge: CONSOLE_SESSION_HOURS * SECONDS_PER_HOUR,
    },
  };
}

/** What the cookie of a request holds; undefined when there is none. */
export function readSessionCookie(request: FastifyRequest, settings: Settings): string | undefined {
  return request.server.parseCookie(request.headers.cookie ?? '')[cookieOf(settings).name];
}

export function setSessionCookie(reply: FastifyReply, settings: Settings, id: string): void {
  const { name, options } = cookieOf(settings);
  void reply.setCookie(name, id, options);
}

export function clearSessionCookie(reply: FastifyReply, settings: Settings): void {
  const { name, options } = cookieOf(settings);
  void reply.clearCookie(name, options);
}
