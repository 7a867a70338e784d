import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';
import { openSession, readSession } from '../../src/access/sessions.js';
import { findToken } from '../../src/access/authenticate.js';
import { readConfig } from '../../src/config/config.js';
import { digestToken } from '../../src/config/tokens.js';
import { createHttpServer } from '../../src/http-server.js';
import { AUDITED_ROUTES } from '../../src/ops/audit/audit-refusals.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';
import { createServices, type Services } from '../../src/services.js';
import { keptLogger } from '../support/keep-output.js';
import { askRoute, findUnguarded, walkRoutes, type Credentials } from '../support/route-walk.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

type Role = keyof typeof TEST_TOKENS;

/** What anybody may use. A webhook proves itself by its signature; the rest tells nothing. */
const OPEN: readonly string[] = [
  'POST /webhooks/:provider',
  'POST /webhooks/:provider/:account',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /docs',
  'GET /docs/',
  'GET /docs-json',
  'GET /docs-yaml',
  'GET /docs/swagger-ui-init.js',
  'GET /docs/docs/swagger-ui-init.js',
  'GET /docs/index.html',
  'GET /docs/LICENSE',
  'GET /console/login',
  'POST /console/login',
  'GET /console/assets/:name',
];

const READERS: readonly Role[] = ['viewer', 'operator', 'service'];
const SELLERS: readonly Role[] = ['operator', 'service'];
const PEOPLE: readonly Role[] = ['viewer', 'operator'];
const OPERATORS: readonly Role[] = ['operator'];

/** Who may use what. A new route needs a row; what no row names is forbidden to everybody. */
const MATRIX: Readonly<Record<string, readonly Role[]>> = {
  'GET /v1/payments': READERS,
  'GET /v1/payments/:id': READERS,
  'GET /v1/orders/:reference': READERS,
  'GET /v1/orders/:reference/timeline': READERS,
  'GET /v1/events': READERS,
  'GET /v1/events/:id': READERS,
  'GET /v1/dead-letters': READERS,
  'GET /v1/ledger': READERS,
  'GET /v1/consumers': READERS,
  'GET /v1/consumers/:consumer/messages': READERS,
  'GET /v1/invoices': READERS,
  'GET /v1/access/:reference': READERS,
  'GET /v1/replays': READERS,
  'GET /v1/replays/:id': READERS,
  'GET /v1/reviews': READERS,
  'GET /v1/reviews/:id': READERS,
  'GET /v1/overview': READERS,
  'GET /v1/queues': READERS,
  'GET /v1/settings': READERS,
  'GET /v1/audit': PEOPLE,

  'POST /v1/orders': SELLERS,
  'POST /v1/orders/:reference/payments': SELLERS,
  'POST /v1/orders/:reference/cancel': SELLERS,
  'POST /v1/payments/:id/verify': SELLERS,
  'POST /v1/payments/:id/refunds': SELLERS,

  'GET /v1/events/:id/raw': OPERATORS,
  'POST /v1/events/:id/replay': OPERATORS,
  'POST /v1/events/:id/discard': OPERATORS,
  'POST /v1/replays': OPERATORS,
  'POST /v1/replays/:id/pause': OPERATORS,
  'POST /v1/replays/:id/resume': OPERATORS,
  'POST /v1/replays/:id/cancel': OPERATORS,
  'POST /v1/reviews/:id/claim': OPERATORS,
  'POST /v1/reviews/:id/release': OPERATORS,
  'POST /v1/reviews/:id/resolve': OPERATORS,
  'DELETE /v1/consumers/:consumer': OPERATORS,
  'POST /v1/consumers/:consumer/messages/:id/replay': OPERATORS,
  'POST /v1/consumers/:consumer/messages/:id/discard': OPERATORS,

  'GET /console': PEOPLE,
  'GET /console/overview.json': PEOPLE,
  'GET /console/events': PEOPLE,
  'GET /console/events/:id': PEOPLE,
  'GET /console/dead-letters': PEOPLE,
  'GET /console/dead-letters/messages': PEOPLE,
  'GET /console/replays': PEOPLE,
  'GET /console/replays/:id': PEOPLE,
  'GET /console/payments': PEOPLE,
  'GET /console/payments/:id': PEOPLE,
  'GET /console/orders': PEOPLE,
  'GET /console/orders/:reference': PEOPLE,
  'GET /console/reviews': PEOPLE,
  'GET /console/reviews/:id': PEOPLE,
  'GET /console/audit': PEOPLE,
  'GET /console/queues': PEOPLE,
  'GET /console/settings': PEOPLE,
  'POST /console/logout': PEOPLE,

  'GET /console/events/:id/raw': OPERATORS,
  'POST /console/events/:id/replay': OPERATORS,
  'POST /console/events/:id/discard': OPERATORS,
  'GET /console/replays/preview': OPERATORS,
  'POST /console/replays': OPERATORS,
  'POST /console/replays/:id/pause': OPERATORS,
  'POST /console/replays/:id/resume': OPERATORS,
  'POST /console/replays/:id/cancel': OPERATORS,
  'POST /console/reviews/:id/claim': OPERATORS,
  'POST /console/reviews/:id/release': OPERATORS,
  'POST /console/reviews/:id/resolve': OPERATORS,
};

/** Who may read a page may ask for its headers alone. */
const asGet = (route: string) => route.replace(/^HEAD /, 'GET ');
const isOpen = (route: string) => OPEN.includes(asGet(route));
const isConsole = (route: string) => / \/console(\/|$)/.test(route);

describe('the authorization of every route', () => {
  let database: TestDatabase;
  let services: Services;
  let app: NestFastifyApplication;
  let routes: readonly string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const backing = { databaseUrl: database.url, queuePrefix: freshQueuePrefix() };
    const config = readConfig(serviceEnvironment(backing), SECRET_PREFIXES);
    services = await createServices(config, database.url, keptLogger());
    app = await createHttpServer(services);
    routes = walkRoutes(app);
  });

  afterAll(async () => {
    await app.close();
    await services.close();
    await database.drop();
  });

  /** What somebody of a role comes with: a token, or a session of the console for it. */
  async function credentialsOf(role: Role, route: string): Promise<Credentials> {
    if (!isConsole(route)) return { authorization: `Bearer ${TEST_TOKENS[role]}` };
    const { id, csrfToken } = await logIn(role);
    return {
      cookie: `tollgate_session=${id}`,
      'sec-fetch-site': 'same-origin',
      'x-csrf-token': csrfToken,
    };
  }

  /** A session as nobody gets it at the door who is a service. */
  async function logIn(role: Role): Promise<{ id: string; csrfToken: string }> {
    const { config, database: ours } = services;
    const token = findToken(digestToken(TEST_TOKENS[role]), config.API_TOKENS)!;
    const id = await openSession(ours.command, token, config.CONSOLE_SESSION_HOURS);
    const session = (await readSession(ours.command, id, config.API_TOKENS))!;
    return { id, csrfToken: session.csrfToken };
  }

  it('is written down for every route that there is, and for no other', () => {
    const known = new Set(routes.map(asGet));
    expect([...known].filter((route) => !isOpen(route) && !(route in MATRIX))).toEqual([]);
    expect([...OPEN, ...Object.keys(MATRIX)].filter((route) => !known.has(route))).toEqual([]);
    expect(OPEN.filter((route) => route in MATRIX)).toEqual([]);
    expect(known.size).toBeGreaterThan(50);
  });

  it('keeps out everybody who has no token, a wrong one, or a wrong session', async () => {
    expect(await findUnguarded(app, routes.filter(isOpen))).toEqual([]);
  });

  it('lets anybody use what is open', async () => {
    for (const route of routes.filter(isOpen)) {
      const { status } = await askRoute(app, route, {});
      // Who logs in must come from a page of ours.
      const wanted = route === 'POST /console/login' ? 'forbidden' : 'allowed';
      expect([route, nameOf(status)]).toEqual([route, wanted]);
    }
  });

  it.each(['viewer', 'operator', 'service'] as const)(
    'is what the matrix says: %s',
    async (role) => {
      const seen: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const route of routes.filter((one) => !isOpen(one))) {
        const { status } = await askRoute(app, route, await credentialsOf(role, route));
        seen[route] = nameOf(status);
        wanted[route] = MATRIX[asGet(route)]?.includes(role) === true ? 'allowed' : 'forbidden';
      }
      expect(seen).toEqual(wanted);
    },
  );

  it('needs a token at the API: a session of the console opens nothing of it', async () => {
    const { id, csrfToken } = await logIn('operator');
    const cookie = `tollgate_session=${id}; __Host-tollgate_session=${id}`;
    const headers = { cookie, 'x-csrf-token': csrfToken, 'sec-fetch-site': 'same-origin' };
    for (const route of routes.filter((one) => one.includes(' /v1/'))) {
      expect([route, (await askRoute(app, route, headers)).status]).toEqual([route, 401]);
    }
  });

  it('needs a session at the console: a token opens nothing of it', async () => {
    const headers = {
      authorization: `Bearer ${TEST_TOKENS.operator}`,
      'sec-fetch-site': 'same-origin',
    };
    for (const route of routes.filter((one) => isConsole(one) && !isOpen(one))) {
      const { status } = await askRoute(app, route, headers);
      expect([route, status]).toEqual([route, /^(GET|HEAD) /.test(route) ? 303 : 401]);
    }
  });

  it('needs more than a session for a form: its token, and a page of ours', async () => {
    for (const route of routes.filter((one) => isConsole(one) && one.startsWith('POST '))) {
      if (isOpen(route)) continue;
      const whole = await credentialsOf('operator', route);
      for (const name of ['x-csrf-token', 'sec-fetch-site']) {
        const rest = Object.entries(whole).filter(([header]) => header !== name);
        const { status } = await askRoute(app, route, Object.fromEntries(rest));
        expect([route, name, status]).toEqual([route, name, 403]);
      }
      const foreign = { ...whole, 'sec-fetch-site': 'cross-site' };
      expect([route, (await askRoute(app, route, foreign)).status]).toEqual([route, 403]);
    }
  });

  it('lets no service log in at the console', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/console/login',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      },
      payload: new URLSearchParams({ token: TEST_TOKENS.service }).toString(),
    });
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([403, undefined]);
  });

  it('is audited wherever only operators may change something', () => {
    const changes = Object.keys(MATRIX).filter(
      (route) => MATRIX[route] === OPERATORS && !isConsole(route),
    );
    expect(Object.keys(AUDITED_ROUTES).sort()).toEqual(changes.sort());
  });
});

/** An answer that is neither is a defect. */
function nameOf(status: number): string {
  if (status === 403) return 'forbidden';
  return status === 401 || status >= 500 ? `answers ${status}` : 'allowed';
}
