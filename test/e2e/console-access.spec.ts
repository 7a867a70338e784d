import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { ConsoleVisitor } from '../support/console-visitor.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { TEST_SECRETS } from '../support/webhook-client.js';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; " +
  "frame-ancestors 'none'";

const MANY_LOGINS = '1000';

describe('the console', () => {
  let database: TestDatabase;
  let service: SpawnedService;
  const others: SpawnedService[] = [];
  const queuePrefix = freshQueuePrefix();
  const url = () => service.url;
  let visitor: ConsoleVisitor;

  const start = (environment: Readonly<Record<string, string | undefined>> = {}) =>
    spawnService({
      env: serviceEnvironment(
        { databaseUrl: database.url, queuePrefix },
        { CONSOLE_LOGINS_PER_MINUTE: MANY_LOGINS, ...environment },
      ),
    });

  /** One more process on the same database, until the end of the test. */
  const startAnother = async (environment: Readonly<Record<string, string | undefined>>) => {
    const other = await start(environment);
    others.push(other);
    return other;
  };

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await start();
  });

  beforeEach(() => {
    visitor = new ConsoleVisitor(url);
  });

  afterEach(async () => {
    for (const other of others.splice(0)) await other.kill('SIGTERM');
  });

  afterAll(async () => {
    await service.kill('SIGTERM');
    await database.drop();
  });

  const sessions = () =>
    database.query<{ id: string; seconds: number }>(
      `select encode(id_digest, 'hex') as id,
              extract(epoch from expires_at - created_at)::int as seconds
       from console_sessions order by created_at desc`,
    );
  const audited = () =>
    database.query<{ actor: string; action: string }>(
      'select actor, action from audit_entries order by id',
    );

  describe('logging in', () => {
    it('opens with a token, and shows who one is', async () => {
      const answer = await visitor.logIn(TEST_TOKENS.operator);
      expect(answer).toMatchObject({ status: 303, location: '/console' });
      const page = await visitor.get('/console');
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.text).toMatch(/operator-of-tests.*operator/);
      expect(page.text).toContain('Log out');
    });

    it('gives a cookie that no script and no other site gets', async () => {
      const answer = await visitor.logIn(TEST_TOKENS.viewer);
      const [cookie = ''] = answer.headers.getSetCookie();
      expect(cookie).toMatch(/^tollgate_session=[\w-]{43}; /);
      expect(cookie.split('; ').slice(1).sort()).toEqual([
        'HttpOnly',
        'Max-Age=43200',
        'Path=/console',
        'SameSite=Strict',
      ]);
    });

    it('keeps nothing of which the session could be made', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const [, id = ''] = /=([\w-]{43})/.exec(visitor.cookieHeader) ?? [];
      const [newest] = await sessions();
      expect(newest).toEqual({
        id: createHash('sha256').update(id).digest('hex'),
        seconds: 12 * 3600,
      });
    });

    it.each([
      ['a token of nobody', 'of-nobody-at-all'],
      ['no token', ''],
      ['a token that is none', 'with a space'],
    ])('refuses %s', async (_what, token) => {
      const answer = await visitor.logIn(token);
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('not known');
      expect(visitor.cookieHeader).toBe('');
      expect((await visitor.get('/console')).status).toBe(303);
    });

    it('refuses the token of a service, which is no person', async () => {
      const answer = await visitor.logIn(TEST_TOKENS.service);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('one of a service');
      expect(visitor.cookieHeader).toBe('');
    });

    it('takes a token that is configured by its digest', async () => {
      const digest = createHash('sha256').update('a-token-that-nobody-stored').digest('hex');
      const other = await startAnother({ API_TOKENS: `me:viewer:sha256=${digest}` });
      const there = new ConsoleVisitor(() => other.url);
      expect((await there.logIn('a-token-that-nobody-stored')).status).toBe(303);
      const answer = await fetch(`${other.url}/v1/payments`, {
        headers: { authorization: 'Bearer a-token-that-nobody-stored' },
      });
      expect(answer.status).toBe(200);
    });

    it('draws a new session for each login, and ends the one before', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const thief = new ConsoleVisitor(url);
      thief.takeCookiesOf(visitor);
      await visitor.logIn(TEST_TOKENS.operator);
      expect(visitor.cookieHeader).not.toBe(thief.cookieHeader);
      expect((await thief.get('/console')).status).toBe(303);
      expect((await visitor.get('/console')).status).toBe(200);
    });

    it('takes no session that somebody else made up', async () => {
      const answer = await visitor.get('/console', {
        cookie: `tollgate_session=${'a'.repeat(43)}`,
      });
      expect(answer.status).toBe(303);
    });

    it.each(['https://evil.example/', '//evil.example', '/v1/payments', '/console/../evil'])(
      'goes to the console afterwards, and not to %s',
      async (next) => {
        expect((await visitor.logIn(TEST_TOKENS.viewer, next)).location).toBe('/console');
        const form = await visitor.get(`/console/login?next=${encodeURIComponent(next)}`);
        expect(form.text).toContain('name="next" value="/console"');
      },
    );

    it('goes on to the page that was wanted', async () => {
      const sent = await visitor.get('/console/settings?a=b');
      expect(sent).toMatchObject({ status: 303 });
      const { searchParams } = new URL(sent.location ?? '', url());
      expect(searchParams.get('next')).toBe('/console/settings?a=b');
      const answer = await visitor.logIn(TEST_TOKENS.viewer, searchParams.get('next') ?? '');
      expect(answer.location).toBe('/console/settings?a=b');
    });

    it('steps over to itself when a link of another site leads there', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      // The browser leaves the cookie away then.
      const stranger = new ConsoleVisitor(url);
      const answer = await stranger.get('/console/queues', { 'sec-fetch-site': 'cross-site' });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('content="0;url=/console/queues"');
    });

    it('bounds how often one may try, and says for how long', async () => {
      const other = await startAnother({ CONSOLE_LOGINS_PER_MINUTE: '3' });
      const there = new ConsoleVisitor(() => other.url);
      for (let tries = 0; tries < 3; tries += 1) {
        expect((await there.logIn('of-nobody-at-all')).status).toBe(401);
      }
      const answer = await there.logIn(TEST_TOKENS.operator);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.text).toContain('too_many_requests');
    });

    it('is logged and audited, and nothing of the token is', async () => {
      const before = (await audited()).length;
      await visitor.logIn('a-guess-of-somebody');
      await visitor.logIn(TEST_TOKENS.operator);
      await visitor.get('/console');
      await visitor.act('/console/logout');
      expect((await audited()).slice(before)).toEqual([
        { actor: 'operator-of-tests', action: 'console.login' },
        { actor: 'operator-of-tests', action: 'console.logout' },
      ]);
      expect(service.logs()).toContain('console login refused');
      expect(service.logs()).toContain('console.login');
      for (const token of ['a-guess-of-somebody', ...Object.values(TEST_TOKENS)]) {
        expect(service.logs()).not.toContain(token);
      }
    });
  });

  describe('a session', () => {
    it('is known to every process', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const other = await startAnother({});
      const there = new ConsoleVisitor(() => other.url);
      there.takeCookiesOf(visitor);
      expect((await there.get('/console')).status).toBe(200);
    });

    it('is over when one logs out, also for whoever has a copy of the cookie', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const thief = new ConsoleVisitor(url);
      thief.takeCookiesOf(visitor);
      await visitor.get('/console');
      expect(await visitor.act('/console/logout')).toMatchObject({
        status: 303,
        location: '/console/login',
      });
      expect(visitor.cookieHeader).toBe('');
      expect((await thief.get('/console')).status).toBe(303);
    });

    it('is over when its time is', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      await database.query(
        `update console_sessions
         set created_at = now() - interval '2 hours', expires_at = now() - interval '1 second'`,
      );
      expect((await visitor.get('/console')).status).toBe(303);
      // The next login cleans up.
      await visitor.logIn(TEST_TOKENS.viewer);
      expect(await sessions()).toHaveLength(1);
    });

    it('is over when its token is not configured any more', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const { operator } = TEST_TOKENS;
      const without = await startAnother({ API_TOKENS: `op:operator:${operator}` });
      const there = new ConsoleVisitor(() => without.url);
      there.takeCookiesOf(visitor);
      expect((await there.get('/console')).status).toBe(303);
    });

    it('has the name and the role that its token has now', async () => {
      await visitor.logIn(TEST_TOKENS.operator);
      const { operator } = TEST_TOKENS;
      const demoted = await startAnother({ API_TOKENS: `former-operator:viewer:${operator}` });
      const there = new ConsoleVisitor(() => demoted.url);
      there.takeCookiesOf(visitor);
      const page = await there.get('/console');
      expect(page.text).toMatch(/former-operator.*viewer/);
      const gone = await startAnother({ API_TOKENS: `shop:service:${operator}` });
      const nowhere = new ConsoleVisitor(() => gone.url);
      nowhere.takeCookiesOf(visitor);
      expect((await nowhere.get('/console')).status).toBe(403);
    });

    it('opens nothing of the API', async () => {
      await visitor.logIn(TEST_TOKENS.operator);
      expect((await visitor.get('/v1/payments')).status).toBe(401);
    });
  });

  describe('a form', () => {
    beforeEach(async () => {
      await visitor.logIn(TEST_TOKENS.operator);
      await visitor.get('/console');
    });

    const isLoggedIn = async () => (await visitor.get('/console')).status === 200;

    it.each([
      ['no token of the session', {}],
      ['a wrong one', { _csrf: 'x'.repeat(32) }],
      ['an empty one', { _csrf: '' }],
    ])('is refused with %s', async (_what, fields) => {
      const answer = await visitor.post('/console/logout', fields);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('load its page again');
      expect(await isLoggedIn()).toBe(true);
    });

    it('is refused with the token of another session', async () => {
      const other = new ConsoleVisitor(url);
      await other.logIn(TEST_TOKENS.operator);
      await other.get('/console');
      const answer = await visitor.post('/console/logout', { _csrf: other.csrfToken });
      expect(answer.status).toBe(403);
      expect(await isLoggedIn()).toBe(true);
    });

    it('may carry the token in a header, as htmx does', async () => {
      const headers = { 'sec-fetch-site': 'same-origin', 'x-csrf-token': visitor.csrfToken };
      expect((await visitor.post('/console/logout', {}, headers)).status).toBe(303);
    });

    it.each([
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      {},
    ] as Record<string, string>[])('is refused from another place: %j', async (headers) => {
      const fields = { _csrf: visitor.csrfToken };
      expect((await visitor.post('/console/logout', fields, headers)).status).toBe(403);
      const login = { token: TEST_TOKENS.viewer };
      expect((await visitor.post('/console/login', login, headers)).status).toBe(403);
      expect(await isLoggedIn()).toBe(true);
    });

    it('is let through by its origin where the browser does not tell more', async () => {
      const fields = { _csrf: visitor.csrfToken };
      const answer = await visitor.post('/console/logout', fields, { origin: url() });
      expect(answer.status).toBe(303);
    });

    it('is told, and not redirected, when the session is over', async () => {
      const stranger = new ConsoleVisitor(url);
      const answer = await stranger.post('/console/logout', {});
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('nothing was done');
    });

    it('is bounded', async () => {
      const answer = await visitor.act('/console/logout', { padding: 'x'.repeat(70_000) });
      expect(answer.status).toBe(413);
      expect(await isLoggedIn()).toBe(true);
    });

    it('is a form nowhere else', async () => {
      const answer = await fetch(`${url()}/v1/orders`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TEST_TOKENS.service}`, 'idempotency-key': 'a' },
        body: new URLSearchParams({ reference: 'x' }),
      });
      expect(answer.status).toBe(415);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    });
  });

  describe('what is answered', () => {
    const PATHS = ['/console', '/console/login', '/console/nowhere', '/console/assets/nothing.js'];

    it.each(PATHS)('has the whole policy at %s', async (path) => {
      const { headers } = await visitor.get(path);
      expect(headers.get('content-security-policy')).toBe(POLICY);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
    });

    it('leaves the policy of the API documentation as it was', async () => {
      const { headers } = await visitor.get('/docs');
      expect(headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
    });

    it.each(['/health/live', '/v1/orders/nothing', '/nowhere', '/docs'])(
      'guards browsers at %s as well',
      async (path) => {
        const { headers } = await visitor.get(path);
        expect(headers.get('content-security-policy')).toContain("default-src 'self'");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      },
    );

    it('says nothing of browsers to a provider', async () => {
      const { status, headers } = await fetch(`${url()}/webhooks/stripe`, { method: 'POST' });
      expect(status).toBe(401);
      expect(headers.get('content-security-policy')).toBeNull();
    });

    it('has nothing in its pages that the policy would forbid', async () => {
      await visitor.logIn(TEST_TOKENS.operator);
      for (const path of ['/console', '/console/queues', '/console/settings']) {
        const { text } = await visitor.get(path);
        expect(text).not.toMatch(/<script(?![^>]*\ssrc=)/);
        expect(text).not.toMatch(/\s(style|on\w+)="/);
        expect(text).not.toMatch(/(src|href)="https?:/);
      }
    });

    it('lets browsers keep what never changes', async () => {
      const { text } = await visitor.get('/console/login');
      const assets = [...text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)];
      expect(assets.length).toBeGreaterThanOrEqual(4);
      for (const [, path = ''] of assets) {
        const { status, headers } = await visitor.get(path);
        expect({ path, status }).toEqual({ path, status: 200 });
        expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
        expect(path).toMatch(/\.[0-9a-f]{16}\./);
      }
    });

    it('is a page also when something is wrong', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const missing = await visitor.get('/console/nowhere/at/all');
      expect(missing.status).toBe(404);
      expect(missing.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(missing.text).toContain('<code>not_found</code>');
      const bad = await visitor.get('/console?minutes=0');
      expect(bad.status).toBe(400);
      expect(bad.text).toContain('<code>bad_request</code>');
      expect(bad.text).toContain('viewer-of-tests');
      expect(await visitor.get('/console/%zz')).toMatchObject({ status: 400 });
    });

    it('sends htmx to the login by a header', async () => {
      const answer = await visitor.get('/console/queues', { 'hx-request': 'true' });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('hx-redirect')).toBe('/console/login?next=%2Fconsole%2Fqueues');
    });

    it('is refused to whoever is not logged in, figures included', async () => {
      for (const path of ['/console/overview.json', '/console/queues', '/console/settings']) {
        const answer = await visitor.get(path);
        expect(answer).toMatchObject({ status: 303, text: '' });
      }
    });
  });

  describe('the settings', () => {
    it('show no secret and no token', async () => {
      await visitor.logIn(TEST_TOKENS.viewer);
      const { status, text } = await visitor.get('/console/settings');
      expect(status).toBe(200);
      expect(text).toContain('viewer-of-tests');
      const hidden = [...Object.values(TEST_TOKENS), ...Object.values(TEST_SECRETS)];
      for (const one of hidden) expect(text).not.toContain(one);
      for (const token of Object.values(TEST_TOKENS)) {
        expect(text).not.toContain(createHash('sha256').update(token).digest('hex'));
      }
    });
  });
});
