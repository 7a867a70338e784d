import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { InjectOptions } from 'fastify';
import { randomUUID } from 'node:crypto';

/** What a request comes with to prove who sends it. */
export type Credentials = Readonly<Record<string, string>>;

const LINE = /^((?:│ {3}| {4})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/;
const INDENT = 4;

/**
 * Every route of an app as `<METHOD> <path>`, those of plugins and the HEAD of each GET included.
 * Fastify tells them as a picture of a tree only.
 */
export function walkRoutes(app: NestFastifyApplication): string[] {
  const fastify = app.getHttpAdapter().getInstance();
  const picture = fastify.printRoutes({ commonPrefix: false }).trimEnd();
  const above: string[] = [];
  return picture.split('\n').flatMap((line) => {
    const [, indent, part, methods = ''] = LINE.exec(line) ?? [];
    if (indent === undefined || part === undefined) throw new Error(`no route: ${line}`);
    const depth = indent.length / INDENT;
    const path = `${depth > 0 ? (above[depth - 1] ?? '') : ''}${part}`;
    above.splice(depth, above.length, path);
    return methods === '' ? [] : methods.split(', ').map((method) => `${method} ${path}`);
  });
}

/** Sends a request without a body to a route, with nonsense where its path has parameters. */
export async function askRoute(
  app: NestFastifyApplication,
  route: string,
  credentials: Credentials,
): Promise<{ status: number; location: string | undefined; text: string }> {
  const [method = '', path = ''] = route.split(' ');
  const url = path.replace(/:(\w+)/g, (_part, name) => (name === 'id' ? randomUUID() : 'nobody'));
  const request = { method, url, headers: credentials } as InjectOptions;
  const { statusCode, headers, body } = await app.inject(request);
  return { status: statusCode, location: headers.location, text: body };
}

const CREDENTIALS_OF_NOBODY: Readonly<Record<string, Credentials>> = {
  'nothing at all': {},
  'a wrong token': { authorization: 'Bearer a-token-of-nobody-at-all' },
  'a wrong session': {
    cookie: `tollgate_session=${'A'.repeat(43)}`,
    'sec-fetch-site': 'same-origin',
  },
};

/**
 * Comes to every route as nobody; tells where that was answered with anything but a refusal.
 * @param open routes that anybody may use
 */
export async function findUnguarded(
  app: NestFastifyApplication,
  open: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const route of walkRoutes(app).filter((one) => !open.includes(one))) {
    for (const [name, credentials] of Object.entries(CREDENTIALS_OF_NOBODY)) {
      const { status, location } = await askRoute(app, route, credentials);
      if (!isRefusal(route, status, location)) found.push(`${route} answers ${status} to ${name}`);
    }
  }
  return found;
}

/** A page sends people to where they log in; everything else is refused. */
function isRefusal(route: string, status: number, location: string | undefined): boolean {
  if (!/^\w+ \/console(\/|$)/.test(route)) return status === 401;
  if (/^(GET|HEAD) /.test(route)) {
    return status === 303 && location?.startsWith('/console/login') === true;
  }
  return status === 401 || status === 403;
}
