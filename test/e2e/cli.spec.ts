import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromGlobalSetup } from '../support/environment.js';
import { eventually } from '../support/eventually.js';
import { runTollgate, type CliAnswer } from '../support/run-tollgate.js';
import { serviceEnvironment, TEST_TOKENS } from '../support/service-environment.js';
import { Shop } from '../support/shop.js';
import { spawnService } from '../support/spawn-service.js';
import { Story, type Payload, type StoryEvent } from '../support/story.js';
import { TEST_SECRETS, WebhookClient } from '../support/webhook-client.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const UNKNOWN = '01a201b7-b756-7194-8fdb-4c76e5445318';
const run = promisify(execFile);

describe('the command line', () => {
  let shop: Shop;
  let client: WebhookClient;

  const tollgate = (...args: string[]): Promise<CliAnswer> =>
    runTollgate(args, { TOLLGATE_URL: shop.service.url, TOLLGATE_TOKEN: TEST_TOKENS.operator });

  beforeAll(async () => {
    shop = await Shop.open({ CONSUMERS: 'access', REVIEW_SECOND_PERSON_MINOR: '100000' });
    client = new WebhookClient(shop.service.url);
  });

  afterAll(async () => {
    client.close();
    await shop.close();
  });

  /** Delivers an event and waits for its outcome. */
  async function outcome(event: StoryEvent): Promise<{ id: string; outcome: string }> {
    await client.expectAccepted(event);
    return eventually(async () => {
      const query = new URLSearchParams({ eventId: event.eventId });
      const [found] = (await shop.get(`/v1/events?${query.toString()}`)).json.data;
      expect(found.outcome).not.toBeNull();
      return found;
    });
  }

  const broken = (payload: Payload) => {
    payload.data.object['amount_received'] = -1;
  };

  /** A dead letter that is one again whenever it is sent through. */
  const deadEvent = () => outcome(new Story().stripe('payment_intent.succeeded', broken));

  /** A dead letter whose cause was mended: here its bytes, elsewhere the code that reads them. */
  async function mendedEvent(): Promise<{ id: string; story: Story }> {
    const story = new Story();
    const { id } = await outcome(story.stripe('payment_intent.succeeded', broken));
    const { body } = story.stripe('payment_intent.succeeded');
    await shop.database.query('update inbox_bodies set body = $2 where inbox_id = $1', [id, body]);
    return { id, story };
  }

  describe('events', () => {
    it('are listed as a table and as JSON, by filters', async () => {
      const story = new Story();
      const event = story.stripe('payment_intent.succeeded');
      const { id } = await outcome(event);
      const table = await tollgate('events', '--event-id', event.eventId);
      expect(table.output).toMatch(/^id +received +provider +type +outcome/);
      expect(table.output).toMatch(
        new RegExp(`^${id} +\\d{4}-\\d\\d-\\d\\d [\\d:]{8}Z +stripe +\\S+ +applied`, 'm'),
      );
      expect(table.code).toBe(0);

      const listed = await tollgate('events', '--event-id', event.eventId, '--json');
      expect(listed.json).toMatchObject({ data: [{ id, outcome: 'applied' }], nextCursor: null });
      const none = await tollgate('events', '--event-id', event.eventId, '--to', '1h', '--json');
      expect(none.json).toEqual({ data: [], nextCursor: null });
    });

    it('come page by page, and all of them when that is wanted', async () => {
      const story = new Story();
      for (let count = 0; count < 3; count += 1) await outcome(story.stripe('customer.created'));
      const filter = ['events', '--type', 'customer.created', '--json'];
      const page = await tollgate(...filter, '--limit', '2');
      expect(page.json.data).toHaveLength(2);
      expect(page.json.nextCursor).toEqual(expect.any(String));
      expect(page.notes).toContain('there are more than these 2');
      const all = await tollgate(...filter, '--all');
      expect(all.json.data.length).toBeGreaterThanOrEqual(3);
      expect(all.json.nextCursor).toBeNull();
    });

    it('show what was signed without obeying it', async () => {
      const story = new Story();
      const reference = `txt.${story.tag}\u202e\u2028\u200b`;
      await outcome(
        story.stripe('payment_intent.succeeded', (payload) => {
          payload.data.object['metadata'] = { order_id: reference };
        }),
      );
      const shown = await tollgate('show', reference, '--json');
      expect(shown.json.order.reference).toBe(reference);
      for (const args of [['payments'], ['payments', '--json'], ['show', reference]]) {
        expectHarmless(await tollgate(...args), `txt.${story.tag}`);
      }
    });

    it('show what a service says without obeying it, whoever that is', async () => {
      const evil = 'evil\u001b[2J\u001b]0;title\u0007\u009b31m\r\u0000.type';
      const event = { type: evil, provider: evil, eventId: evil, outcome: evil, account: evil };
      const lastError = { code: evil, message: evil };
      const data = [{ ...event, id: evil, receivedAt: evil, lastError }];
      const list = JSON.stringify({ data, nextCursor: null });
      await answering(200, 'application/json', list, async (url) => {
        const listed = await tollgate('events', '--json', '--url', url);
        expect(listed.json.data).toEqual(data);
        expectHarmless(listed, 'evil');
        expectHarmless(await tollgate('events', '--url', url), 'evil');
      });
      const problem = JSON.stringify({ code: evil, detail: evil });
      await answering(409, 'application/problem+json', problem, async (url) => {
        const { output, notes, code } = await tollgate('events', '--url', url);
        expectHarmless({ output: notes, code: 0 }, 'evil');
        expect({ output, code }).toEqual({ output: '', code: 6 });
      });
    });

    it('end without an error when nobody reads on', async () => {
      const script = `node scripts/tollgate.mjs events --all | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const { PATH, HOME } = process.env;
      const env = {
        PATH,
        HOME,
        TOLLGATE_URL: shop.service.url,
        TOLLGATE_TOKEN: TEST_TOKENS.operator,
      };
      const { stdout, stderr } = await run('bash', ['-c', script], { cwd: ROOT, env });
      expect(stdout).toMatch(/^id +received.*\n0\n$/);
      expect(stderr).toBe('');
    });
  });

  describe('show', () => {
    it('finds an event, a payment and an order, by any of their ids', async () => {
      const story = new Story();
      const event = story.stripe('payment_intent.succeeded');
      const { id } = await outcome(event);
      const payment = story.payment(1001);
      const found = await tollgate('show', payment, '--json');
      expect(found.json).toMatchObject({
        kind: 'payment',
        payment: { providerPaymentId: payment, status: 'paid' },
      });
      expect(found.json.timeline.length).toBeGreaterThan(1);

      const kinds = { [id]: 'event', [event.eventId]: 'event', [story.order(1001)]: 'order' };
      kinds[found.json.payment.id] = 'payment';
      for (const [given, kind] of Object.entries(kinds)) {
        expect((await tollgate('show', given, '--json')).json.kind).toBe(kind);
      }
      const order = await tollgate('show', story.order(1001));
      expect(order.output).toContain(`order ${story.order(1001)}  paid`);
      expect(order.output).toMatch(/^timeline\nat +what +by +title +outcome +why\n/m);
      expect(order.output).toMatch(/Z +event .*payment_intent\.succeeded +applied/);
    });

    it.each([UNKNOWN, 'evt_of_nobody'])('says that nothing is known as %s', async (id) => {
      const { code, notes, output } = await tollgate('show', id);
      expect({ code, output }).toEqual({ code: 4, output: '' });
      expect(notes).toContain(`known as ${id}`);
    });
  });

  describe('dead letters', () => {
    it('are counted by reason, and listed', async () => {
      const { id } = await deadEvent();
      const { output } = await tollgate('dead');
      expect(output).toMatch(/^\d+ dead events\ncount +code/);
      expect(output).toMatch(/^\d+ +amount_unusable +stripe +payment_intent\.succeeded/m);
      const { json } = await tollgate('dead', '--json');
      expect(json.events).toContainEqual(expect.objectContaining({ code: 'amount_unusable' }));
      const listed = await tollgate('dead', 'list', '--code', 'amount_unusable', '--json');
      expect(listed.json.data.map((one: { id: string }) => one.id)).toContain(id);
    });

    it('show what a replay would change, as a diff, and change nothing', async () => {
      const { id, story } = await mendedEvent();
      const { output, code } = await tollgate('replay', id, '--dry-run');
      expect(code).toBe(0);
      expect(output).toContain(`${id}  stripe payment_intent.succeeded  → applied`);
      expect(output).toMatch(/^ {2}\+ status: paid$/m);
      expect(output).toContain('1 matched; nothing was changed');
      expect((await shop.get(`/v1/events/${id}`)).json.status).toBe('dead');
      expect((await shop.get(`/v1/orders/${story.order(1001)}`)).status).toBe(404);
      const { json } = await tollgate('replay', id, '--dry-run', '--json');
      expect(json).toMatchObject({ dryRun: true, matched: 1, changes: [{ eventId: id }] });
    });

    it('are sent through again one by one, and say what came of it', async () => {
      const { id, story } = await mendedEvent();
      const { output, code, notes } = await tollgate('replay', id, '--reason', 'mended');
      expect({ code, notes }).toEqual({ code: 0, notes: '' });
      expect(output).toBe(`${id}  payment_intent.succeeded  applied\n`);
      expect(await shop.showOrder(story.order(1001))).toMatchObject({ status: 'paid' });
      const shown = await tollgate('show', id);
      expect(shown.output).toContain('by operator-of-tests, was dead: mended');
    });

    it('fail with 1 when they die again', async () => {
      const { id } = await deadEvent();
      const { output, code } = await tollgate('replay', id);
      expect(code).toBe(1);
      expect(output).toContain('dead (amount_unusable: ');
      expect((await tollgate('replay', id, '--json')).json).toMatchObject({ id, outcome: 'dead' });
    });

    it('are many only when that was confirmed', async () => {
      const one = await mendedEvent();
      const other = await mendedEvent();
      const ids = [one.id, other.id];
      const refused = await tollgate('replay', ...ids);
      expect({ code: refused.code, output: refused.output }).toEqual({ code: 2, output: '' });
      expect(refused.notes).toContain('this would replay 2 events: confirm it with --yes');
      const asJson = await tollgate('replay', ...ids, '--json');
      expect(asJson.json).toMatchObject({ error: { code: 'usage' } });
      expect(asJson.code).toBe(2);
      expect((await shop.get(`/v1/events/${one.id}`)).json.status).toBe('dead');

      const done = await tollgate('replay', ...ids, '--yes', '--reason', 'both', '--json');
      expect(done.json).toMatchObject({
        status: 'done',
        total: 2,
        done: 2,
        reason: 'both',
        requestedBy: 'operator-of-tests',
      });
      expect(done.json.results.applied).toBe(2);
      expect(done.notes).toContain('2 of 2');
      expect(done.code).toBe(0);
    });

    it('are chosen by a filter; some that die again are exit code 1', async () => {
      await mendedEvent();
      await deadEvent();
      const filter = ['--provider', 'stripe', '--code', 'amount_unusable'];
      const { output, code } = await tollgate('replay', ...filter, '--yes', '--per-second', '100');
      expect(code).toBe(1);
      expect(output).toMatch(/^replay of events \S+ {2}done$/m);
      expect(output).toMatch(/now: .*\d+ dead/);
    });

    it('are none when nothing matches', async () => {
      const { output, code } = await tollgate('replay', '--code', 'no_such_code');
      expect({ output, code }).toEqual({ output: '0 matched; nothing was changed\n', code: 0 });
    });

    it('are discarded with a reason', async () => {
      const { id } = await deadEvent();
      expect(await tollgate('discard', id)).toMatchObject({
        code: 2,
        notes: 'tollgate: say why with --reason\n',
      });
      const { json, code } = await tollgate('discard', id, '--reason', 'a test', '--json');
      expect(json).toMatchObject({ id, status: 'discarded', isDiscarded: true });
      expect(code).toBe(0);

      const many = [(await deadEvent()).id, (await deadEvent()).id];
      const done = await tollgate('discard', ...many, '--reason', 'a test', '--yes');
      expect(done.output).toMatch(/^discard of events \S+ {2}done\n {2}2 of 2 done, 0 skipped/);
    });

    it('refuse with 6 what cannot be discarded', async () => {
      const { id } = await outcome(new Story().stripe('payment_intent.succeeded'));
      const refused = await tollgate('discard', id, '--reason', 'a test', '--json');
      expect(refused.json).toMatchObject({ error: { code: 'event_not_dead' } });
      expect(refused.code).toBe(6);
    });

    it('of consumers are counted, listed and sent through again', async () => {
      const story = new Story();
      await outcome(story.stripe('payment_intent.succeeded'));
      const messageId = await eventually(async () => {
        const [row] = await shop.database.query<{ id: string }>(
          `update dispatches d
              set status = 'dead', reason = 'consumer_refused', attempts = 1,
                  attempt_errors = $2::jsonb
             from outbox o
            where o.id = d.message_id and o.type = 'order.paid' and d.status = 'consumed'
              and o.data -> 'order' ->> 'reference' = $1
           returning d.message_id as id`,
          [story.order(1001), JSON.stringify([refusal])],
        );
        expect(row).toBeDefined();
        return row!.id;
      });
      expect((await tollgate('dead')).output).toMatch(/^1 +consumer_refused +access +order\.paid/m);
      const listed = await tollgate('dead', 'list', '--consumer', 'access');
      expect(listed.output).toMatch(
        new RegExp(`^${messageId} .*consumer_refused: it is full`, 'm'),
      );

      const args = ['replay', '--consumer', 'access', '--code', 'consumer_refused', '--json'];
      const { json, code } = await tollgate(...args);
      expect(json).toMatchObject({ target: 'messages', total: 1, done: 1 });
      expect(json.results).toEqual({ consumed: 1 });
      expect(code).toBe(0);
    });

    const refusal = {
      attempt: 1,
      code: 'consumer_refused',
      message: 'it is full',
      at: '2026-11-22T05:00:00Z',
    };
  });

  describe('replays', () => {
    it('go on without anybody waiting, can be seen, paused, resumed and called off', async () => {
      const story = new Story();
      const updated = (payload: Payload) => {
        payload['type'] = 'customer.updated';
      };
      // So many, one a second, that it is not over before it is called off, however slow this is.
      const events = Array.from({ length: 120 }, () => story.stripe('customer.created', updated));
      await Promise.all(events.map((event) => client.expectAccepted(event)));
      await outcome(story.stripe('customer.created', updated));
      const filter = ['--status', 'ignored', '--type', 'customer.updated'];
      const options = ['--yes', '--no-wait', '--per-second', '1', '--json'];
      const started = (await tollgate('replay', ...filter, ...options)).json;
      expect(started).toMatchObject({ status: 'running', target: 'events' });

      const paused = await tollgate('replays', 'pause', started.id, '--json');
      expect(paused.json.status).toBe('paused');
      expect((await tollgate('replays', '--status', 'paused')).output).toContain(started.id);
      const resumed = await tollgate('replays', 'resume', started.id);
      expect(resumed.output).toMatch(new RegExp(`^replay of events ${started.id} {2}running`));
      const cancelled = await tollgate('replays', 'cancel', started.id, '--json');
      expect(cancelled.json.status).toBe('cancelled');
      expect((await tollgate('replays', 'show', started.id)).output).toContain('cancelled');
      expect(await tollgate('replays', 'resume', started.id)).toMatchObject({ code: 6 });
      expect(await tollgate('replays', 'show', UNKNOWN)).toMatchObject({ code: 4 });
    });
  });

  describe('reviews and payments', () => {
    let story: Story;
    beforeAll(async () => {
      story = new Story();
      const reference = story.order(1001);
      await shop.post('/v1/orders', { reference, currency: 'USD', amountDueMinor: 4000 });
      await outcome(story.stripe('payment_intent.succeeded'));
    });

    it('list payments, and show one', async () => {
      const id = story.payment(1001);
      const { json } = await tollgate('payments', '--provider-payment-id', id, '--json');
      expect(json.data).toHaveLength(1);
      const one = await tollgate('payments', json.data[0].id);
      expect(one.output).toContain(`stripe/default ${id}`);
      expect(one.output).toContain('captured 5000 USD');
      expect((await tollgate('payments')).output).toMatch(/^id +created +provider +order +status/);
      expect(await tollgate('payments', UNKNOWN)).toMatchObject({ code: 4 });
    });

    it('list reviews and decide one', async () => {
      const order = ['--order', story.order(1001)];
      const listed = await tollgate('reviews', ...order, '--reason', 'amount_mismatch', '--json');
      const [review] = listed.json.data;
      expect(review).toMatchObject({ status: 'open', orderReference: story.order(1001) });
      expect((await tollgate('reviews', ...order)).output).toContain(review.id);
      const old = await tollgate('reviews', ...order, '--older-than', '1h', '--json');
      expect(old.json.data).toEqual([]);

      for (const wrong of [[], ['--accept'], ['--accept', '--dismiss', '--reason', 'x']]) {
        expect(await tollgate('resolve', review.id, ...wrong)).toMatchObject({ code: 2 });
      }
      const why = ['--reason', 'the customer tipped'];
      const resolved = await tollgate('resolve', review.id, '--accept', ...why, '--json');
      expect(resolved.json).toMatchObject({
        status: 'resolved',
        resolution: 'accept',
        resolvedBy: 'operator-of-tests',
      });
      const again = await tollgate('resolve', review.id, '--dismiss', ...why);
      expect(again).toMatchObject({ code: 6, output: '' });
      expect(await tollgate('resolve', UNKNOWN, '--accept', ...why)).toMatchObject({ code: 4 });
    });
  });

  describe('audit', () => {
    it('names who did what, and why', async () => {
      const { id } = await deadEvent();
      await tollgate('discard', id, '--reason', 'for the audit');
      const { json } = await tollgate('audit', '--subject', id, '--json');
      expect(json.data).toMatchObject([
        { actor: 'operator-of-tests', action: 'event.discard', reason: 'for the audit' },
      ]);
      const { output } = await tollgate('audit', '--action', 'event.discard', '--from', '1h');
      expect(output).toMatch(new RegExp(`operator-of-tests +operator +event\\.discard +${id}`));
    });
  });

  describe('send', () => {
    it('delivers samples and tells what came of them, as one document too', async () => {
      const environment = {
        ...serviceEnvironment({ databaseUrl: shop.database.url }),
        TOLLGATE_TOKEN: TEST_TOKENS.viewer,
        TOLLGATE_URL: shop.service.url,
      };
      const args = ['send', 'stripe', 'charge.failed', '--times', '2', '--json'];
      const { json, code } = await runTollgate(args, environment);
      expect(code).toBe(0);
      expect(json.deliveries).toMatchObject([
        { eventType: 'charge.failed', status: 200, answer: '{"status":"recorded"}' },
        { status: 200, answer: '{"status":"duplicate"}' },
      ]);
      expect(json.events).toMatchObject([{ event: { outcome: 'applied' } }]);
    });
  });

  describe('exit codes', () => {
    const at = (environment: Record<string, string>, ...args: string[]) =>
      runTollgate(args, {
        TOLLGATE_URL: shop.service.url,
        TOLLGATE_TOKEN: TEST_TOKENS.operator,
        ...environment,
      });

    it.each([
      ['a command that is not there', ['bury']],
      ['no command', []],
      ['an option that is not there', ['events', '--colour']],
      ['a missing argument', ['show']],
      ['one argument too many', ['dead', 'letters']],
      ['a number that is none', ['events', '--limit', 'x']],
      ['a time that is none', ['events', '--from', 'yesterday']],
      ['a filter that the service refuses', ['events', '--code', 'x']],
      ['neither ids nor a filter', ['replay']],
      ['an id of a provider', ['replay', 'evt_1']],
    ])('2: %s', async (_what, args) => {
      const { code, output, notes } = await at({}, ...args);
      expect({ code, output }).toEqual({ code: 2, output: '' });
      expect(notes).not.toBe('');
      expect(notes).not.toMatch(/\n +at /); // no stack
    });

    it('2: as JSON, also what commander refuses', async () => {
      const { json, code } = await at({}, 'events', '--colour', '--json');
      expect(json).toEqual({ error: { code: 'usage', message: "unknown option '--colour'" } });
      expect(code).toBe(2);
    });

    it('3: a wrong token, one of another role, none', async () => {
      expect(await at({ TOLLGATE_TOKEN: 'wrong' }, 'events')).toMatchObject({ code: 3 });
      const viewer = { TOLLGATE_TOKEN: TEST_TOKENS.viewer };
      expect(await at(viewer, 'events')).toMatchObject({ code: 0 });
      const refused = await at(viewer, 'replay', UNKNOWN, '--json');
      expect(refused.json).toMatchObject({ error: { code: 'forbidden' } });
      expect(refused.code).toBe(3);
      const none = await at({ TOLLGATE_TOKEN: '', NODE_ENV: 'production' }, 'events');
      expect(none).toMatchObject({ code: 3, notes: expect.stringContaining('TOLLGATE_TOKEN') });
    });

    it('4: an event that is not there', async () => {
      expect(await at({}, 'replay', UNKNOWN)).toMatchObject({ code: 4 });
    });

    it('5: nobody answers, or somebody else does, or it cannot at the moment', async () => {
      const nobody = await at({}, 'events', '--url', 'http://127.0.0.1:9');
      expect(nobody).toMatchObject({ code: 5, output: '' });
      expect(nobody.notes).toContain('nobody answers at http://127.0.0.1:9');
      await answering(404, 'text/html', '<h1>', async (url) => {
        const other = await at({ TOLLGATE_URL: url }, 'events', '--json');
        expect(other.json).toMatchObject({ error: { code: 'no_tollgate' } });
        expect(other.code).toBe(5);
      });
      const problem = JSON.stringify({ status: 503, code: 'storage_unavailable' });
      await answering(503, 'application/problem+json', problem, async (url) => {
        expect(await at({ TOLLGATE_URL: url }, 'events')).toMatchObject({ code: 5 });
      });
    });

    it('0: help, which names all of them', async () => {
      const { code, output } = await at({}, '--help');
      expect(code).toBe(0);
      expect(output).toMatch(/^Exit codes:\n {2}0 {2}done\n[^]*^ {2}6 {2}refused/m);
    });
  });

  it('is what npx finds in a checkout', async () => {
    const { stdout } = await run('npx', ['--no-install', 'tollgate', '--help'], { cwd: ROOT });
    expect(stdout).toContain('Usage: tollgate [options] [command]');
  });
});

describe('tollgate doctor', () => {
  it('finds a service with its database in order', async () => {
    const shop = await Shop.open();
    const environment = {
      ...serviceEnvironment({ databaseUrl: shop.database.url }),
      TOLLGATE_URL: shop.service.url,
    };
    const { json, code } = await runTollgate(['doctor', '--json'], environment);
    expect(code).toBe(0);
    expect(json.result).toBe('ok');
    expect(resultsOf(json)).toMatchObject({
      configuration: 'ok',
      secrets: 'ok',
      tokens: 'ok',
      database: 'ok',
      clock: 'ok',
      migrations: 'ok',
      redis: 'skipped',
      service: 'ok',
      'own token': 'ok',
    });
    const { output } = await runTollgate(['doctor'], environment);
    expect(output).toMatch(/^ok +migrations +all run$/m);
    expect(output).toMatch(/0 to mend/);
    expect(output).not.toContain(TEST_SECRETS.stripe);

    await shop.database.query(
      `insert into tollgate_migrations (timestamp, name) values (1, 'Newer1')`,
    );
    const newer = await runTollgate(['doctor', '--json'], environment);
    expect(newer.code).toBe(1);
    expect(newer.json.checks).toContainEqual({
      name: 'migrations',
      result: 'fail',
      found: 'unknown to this build: Newer1',
      advice: expect.any(String),
    });
    await shop.close();
  });

  it('names everything that is wrong at once, and what to do', async () => {
    const { json, code, notes } = await runTollgate(['doctor', '--json'], {
      NODE_ENV: 'production',
      PORT: 'x',
      DATABASE_URL: 'postgres://127.0.0.1:9/nothing',
      REDIS_URL: 'redis://127.0.0.1:9',
      STRIPE_WEBHOOK_SECRETS: 'short_1',
      TOLLGATE_URL: 'http://127.0.0.1:9',
    });
    expect({ code, notes }).toEqual({ code: 1, notes: '' });
    const failed = json.checks.filter((one: { result: string }) => one.result === 'fail');
    const found = failed.map((one: { found: string }) => one.found).join('\n');
    expect(found).toMatch(/PORT/);
    expect(found).toMatch(/STRIPE_WEBHOOK_SECRETS/);
    expect(found).toMatch(/API_TOKENS/);
    expect(resultsOf(json)).toMatchObject({
      database: 'fail',
      migrations: 'skipped',
      redis: 'fail',
      service: 'skipped',
    });
    for (const { advice } of failed) expect(advice).toEqual(expect.any(String));
  });

  it('looks at the embedded PostgreSQL that runs, and starts none', async () => {
    const dataDir = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'doctor-'));
    const env = { DATA_DIR: dataDir };
    const before = await runTollgate(['doctor', '--json'], env);
    expect(before.code).toBe(0);
    expect(resultsOf(before.json)).toMatchObject({ database: 'skipped', disk: 'ok' });

    const service = await spawnService({ env });
    const running = { ...env, TOLLGATE_URL: service.url };
    const { json, code } = await runTollgate(['doctor', '--json'], running);
    expect(resultsOf(json)).toMatchObject({
      database: 'ok',
      durability: 'ok',
      migrations: 'ok',
      queues: 'ok',
      service: 'ok',
      'own token': 'ok',
    });
    expect(code).toBe(0);
    await service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });
});

/** Nothing in it that a terminal would obey, but line breaks and what can be seen. */
function expectHarmless({ output, code }: Pick<CliAnswer, 'output' | 'code'>, text: string): void {
  expect(code).toBe(0);
  expect(output).toContain(text);
  expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u2028\u202e]/);
}

/** The result of each check, by its name. */
function resultsOf({ checks }: { checks: readonly { name: string; result: string }[] }) {
  return Object.fromEntries(checks.map(({ name, result }) => [name, result]));
}

/** A server that gives one answer to everything. */
async function answering(
  status: number,
  type: string,
  body: string,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
