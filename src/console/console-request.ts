import type { FastifyRequest } from 'fastify';

/** Where the console begins; everything under it is for people. */
export const CONSOLE_PATH = '/console';

/** Whether a request is for the console: it is answered with pages, not with JSON. */
export function isConsoleRequest({ url }: Pick<FastifyRequest, 'url'>): boolean {
  const [path = ''] = url.split('?');
  return path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`);
}

/** Whether htmx asks for a part of a page. */
export function isPartRequest({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return headers['hx-request'] === 'true';
}

const NEXT_CHARACTERS_MAX = 1000;

/**
 * Where somebody goes after logging in: only to a page of the console, however the parameter was
 * made up. Anything else is the overview.
 */
export function toLocalPath(given: unknown): string {
  if (typeof given !== 'string' || given.length > NEXT_CHARACTERS_MAX) return CONSOLE_PATH;
  // A backslash and a tab are read by browsers as nobody would expect.
  if (!/^\/console(?:[/?][\x21-\x5b\x5d-\x7e]*)?$/.test(given)) return CONSOLE_PATH;
  const { origin, pathname, search } = new URL(given, 'http://console.invalid');
  const isInside = origin === 'http://console.invalid' && isConsoleRequest({ url: pathname });
  return isInside && !pathname.startsWith('/console/login') ? `${pathname}${search}` : CONSOLE_PATH;
}
