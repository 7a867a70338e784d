import { environmentSchema } from '../../src/config/environment.js';
import { maskPayload } from '../../src/ops/events/mask-payload.js';
import { describeBackends } from '../support/describe-backends.js';
import { eventually } from '../support/eventually.js';
import { allFinished, finished, logLines, metric } from '../support/observe.js';
import { runTollgate } from '../support/run-tollgate.js';
import {
  freshQueuePrefix,
  serviceEnvironment,
  TEST_TOKENS,
} from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { TEST_SECRETS, WebhookClient, type Answer } from '../support/webhook-client.js';

const ROTATED = {
  newer: 'whsec_end_to_end_stripe_0002',
  acme: 'whsec_end_to_end_stripe_acme',
} as const;
const UNKNOWN_ID = '00000000-0000-7000-8000-000000000000';

/** Every field of the contract (DESIGN.md, section 7) and what it may be. */
const PAYMENT_FIELDS = {
  id: /^uuid$/,
  provider: /^string$/,
  account: /^string$/,
  providerPaymentId: /^string$/,
  orderReference: /^(string|null)$/,
  status: /^string$/,
  currency: /^(string|null)$/,
  amountMinor: /^(integer|null)$/,
  amountAuthorizedMinor: /^integer$/,
  amountCapturedMinor: /^integer$/,
  amountRefundedMinor: /^integer$/,
  livemode: /^boolean$/,
  createdAt: /^time$/,
  updatedAt: /^time$/,
  version: /^integer$/,
} as const;
const ORDER_FIELDS = {
  reference: /^string$/,
  status: /^string$/,
  currency: /^(string|null)$/,
  amountDueMinor: /^(integer|null)$/,
  amountPaidMinor: /^integer$/,
  amountRefundedMinor: /^integer$/,
  payments: /^list$/,
  reviews: /^list$/,
  version: /^integer$/,
} as const;
const EVENT_FIELDS = {
  id: /^uuid$/,
  provider: /^string$/,
  account: /^string$/,
  eventId: /^string$/,
  type: /^string$/,
  status: /^string$/,
  outcome: /^(string|null)$/,
  attempts: /^integer$/,
  attemptsMax: /^integer$/,
  dueAt: /^(time|null)$/,
  lastError: /^(object|null)$/,
  deliveries: /^integer$/,
  receivedAt: /^time$/,
  appliedAt: /^(time|null)$/,
} as const;

type Shown = Readonly<Record<string, unknown>>;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (Number.isSafeInteger(value)) return 'integer';
  if (typeof value !== 'string') return typeof value;
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return 'uuid';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? 'time' : 'string';
}

function expectFields(shown: Shown, fields: Readonly<Record<string, RegExp>>): void {
  for (const [name, allowed] of Object.entries(fields)) {
    expect(`${name}: ${typeOf(shown[name])}`).toMatch(
      new RegExp(`^${name}: ${allowed.source.slice(1)}`),
    );
  }
}

/** A payment that takes its time: created, one attempt that fails, a second that is paid. */
function lifecycle(story: Story): StoryEvent[] {
  return [
    'payment_intent.created',
    'payment_intent.requires_action',
    'charge.failed',
    'payment_intent.payment_failed',
    'payment_intent.processing',
    'charge.succeeded',
    'payment_intent.succeeded',
    'charge.updated',
  ].map((sample) => story.stripe(sample));
}

describeBackends((backend) => {
  let database: TestDatabase;
  let api: SpawnedService;
  let worker: SpawnedService;
  let client: WebhookClient;
  const stripe = new Story();
  const paystack = new Story();
  const sent: StoryEvent[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const environment = serviceEnvironment(
      {
        databaseUrl: database.url,
        redisUrl: await backend.redisUrl(),
        ...(backend.name === 'redis' ? { queuePrefix: freshQueuePrefix() } : {}),
      },
      {
        STRIPE_WEBHOOK_SECRETS: `${ROTATED.newer},${TEST_SECRETS.stripe}`,
        STRIPE_WEBHOOK_SECRETS_ACME: ROTATED.acme,
      },
    );
    [api, worker] = await Promise.all([
      spawnService({ env: { ...environment, ROLES: 'api' } }),
      spawnService({ env: { ...environment, ROLES: 'worker' } }),
    ]);
    client = new WebhookClient(api.url);
    sent.push(...lifecycle(stripe), paystack.paystack('charge.success'));
    for (const event of sent) {
      expect(await client.expectAccepted(event)).toBe('recorded');
      await finished(database, event); // as slowly as life goes
    }
  });

  afterAll(async () => {
    client.close();
    await Promise.all([api, worker].map((service) => service.kill('SIGTERM')));
    expect(await Promise.all([api.exited, worker.exited])).toEqual([0, 0]);
    await database.drop();
  });

  const ask = (path: string, token: string | null = TEST_TOKENS.viewer): Promise<Answer> =>
    client.get(path, token === null ? {} : { authorization: `Bearer ${token}` });

  async function read(path: string): Promise<Shown> {
    const { status, headers, text } = await ask(path);
    expect(`${status} ${text}`).toMatch(/^200 /);
    expect(headers['content-type']).toMatch(/^application\/json/);
    return JSON.parse(text) as Shown;
  }

  async function readList(path: string): Promise<{ data: Shown[]; nextCursor: string | null }> {
    const list = await read(path);
    expect(Object.keys(list).sort()).toEqual(['data', 'nextCursor']);
    return list as unknown as { data: Shown[]; nextCursor: string | null };
  }

  async function readPayment(story: Story, provider: 'stripe' | 'paystack'): Promise<Shown> {
    const providerPaymentId = story.payment(provider === 'stripe' ? 1001 : 3001);
    const query = new URLSearchParams({ provider, providerPaymentId });
    const { data } = await readList(`/v1/payments?${query.toString()}`);
    expect(data).toHaveLength(1);
    return data[0]!;
  }

  describe('a payment of Stripe', () => {
    it('is paid, and listed with every field of the contract', async () => {
      const payment = await readPayment(stripe, 'stripe');
      expectFields(payment, PAYMENT_FIELDS);
      expect(payment).toMatchObject({
        provider: 'stripe',
        account: 'default',
        providerPaymentId: stripe.payment(1001),
        orderReference: stripe.order(1001),
        status: 'paid',
        currency: 'USD',
        amountMinor: 5000,
        amountAuthorizedMinor: 0,
        amountCapturedMinor: 5000,
        amountRefundedMinor: 0,
        livemode: false,
      });
    });

    it('is shown with the facts and the timeline that led there', async () => {
      const { id } = await readPayment(stripe, 'stripe');
      const payment = await read(`/v1/payments/${String(id)}`);
      expectFields(payment, PAYMENT_FIELDS);
      const facts = payment['facts'] as Shown[];
      expect(facts.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['requested', 'pending', 'failed', 'captured']),
      );
      expect(facts.filter(({ kind }) => kind === 'captured')).toMatchObject([
        { amountMinor: 5000, currency: 'USD', key: stripe.payment(1001) },
      ]);
      const timeline = payment['timeline'] as { at: string; kind: string; entry: Shown }[];
      const moves = timeline.filter(({ kind }) => kind === 'transition').map(({ entry }) => entry);
      expect(moves.map(({ from, to }) => [from, to])).toEqual([
        [null, 'initiated'],
        ['initiated', 'pending'],
        ['pending', 'failed'],
        ['failed', 'pending'],
        ['pending', 'paid'],
      ]);
      const events = timeline.filter(({ kind }) => kind === 'event').map(({ entry }) => entry);
      expect(events.map(({ type }) => type)).toEqual([
        'payment_intent.created',
        'payment_intent.requires_action',
        'charge.failed',
        'payment_intent.payment_failed',
        'payment_intent.processing',
        'charge.succeeded',
        'payment_intent.succeeded',
        'charge.updated',
      ]);
      // The same money reported again changes nothing, and says so.
      expect(events.at(-1)).toMatchObject({ status: 'noop' });
      const times = timeline.map(({ at }) => at);
      expect(times).toEqual(times.toSorted());
    });

    it('pays its order', async () => {
      const order = await read(`/v1/orders/${stripe.order(1001)}`);
      expectFields(order, ORDER_FIELDS);
      expect(order).toMatchObject({
        reference: stripe.order(1001),
        status: 'paid',
        currency: 'USD',
        amountDueMinor: null, // nobody has created the order, its payment named it
        amountPaidMinor: 5000,
        amountRefundedMinor: 0,
        reviews: [],
      });
      const payments = order['payments'] as Shown[];
      expect(payments).toHaveLength(1);
      expectFields(payments[0]!, PAYMENT_FIELDS);
    });
  });

  describe('a payment of Paystack', () => {
    it('is paid, and so is its order', async () => {
      const payment = await readPayment(paystack, 'paystack');
      expectFields(payment, PAYMENT_FIELDS);
      expect(payment).toMatchObject({
        status: 'paid',
        currency: 'NGN',
        amountMinor: 500_000,
        amountCapturedMinor: 500_000,
        orderReference: paystack.order(3001),
        version: 1,
      });
      expect(await read(`/v1/orders/${paystack.order(3001)}`)).toMatchObject({
        status: 'paid',
        amountPaidMinor: 500_000,
      });
    });

    it('is refunded in part and in full, whichever way the refunds are told', async () => {
      const story = new Story();
      const events = [
        story.paystack('charge.success'),
        story.paystack('refund.pending'),
        story.paystack('refund.processed'),
        story.paystack(
          'refund.processed.with-id',
          (payload) => void Object.assign(payload.data, { amount: 300_000 }),
        ),
      ];
      for (const event of events) await client.expectAccepted(event);
      await allFinished(database, events);
      expect(await readPayment(story, 'paystack')).toMatchObject({
        status: 'refunded',
        amountCapturedMinor: 500_000,
        amountRefundedMinor: 500_000,
      });
    });
  });

  describe('GET /v1/payments', () => {
    it('is filtered by status, and an unknown filter is refused', async () => {
      const { data } = await readList('/v1/payments?status=paid&limit=200');
      expect(data.length).toBeGreaterThanOrEqual(2);
      expect(new Set(data.map(({ status }) => status))).toEqual(new Set(['paid']));
      expect((await readList('/v1/payments?status=cancelled')).data).toEqual([]);
      expect((await ask('/v1/payments?status=gone')).status).toBe(400);
      expect((await ask('/v1/payments?colour=red')).status).toBe(400);
    });
  });

  describe('GET /v1/events', () => {
    it('lists every event with every field of the contract', async () => {
      const { data } = await readList('/v1/events?limit=200');
      for (const event of data) expectFields(event, EVENT_FIELDS);
      const ids = data.map(({ eventId }) => eventId);
      for (const event of sent) expect(ids).toContain(event.eventId);
    });

    it('is filtered by status, provider, type, event id and time of receipt', async () => {
      const ids = async (query: string) =>
        (await readList(`/v1/events?limit=200&${query}`)).data.map(({ eventId }) => eventId);
      const [created, ...later] = sent.map(({ eventId }) => eventId);
      expect(await ids('type=payment_intent.created')).toEqual([created]);
      expect(await ids(`eventId=${created}`)).toEqual([created]);
      expect(await ids('provider=paystack&type=charge.success')).toContain(sent.at(-1)!.eventId);
      expect(await ids('provider=paystack')).not.toContain(created);
      expect(await ids('status=noop')).toContain(sent.at(-2)!.eventId);
      expect(await ids('status=dead')).toEqual([]);

      const [first] = (await readList(`/v1/events?eventId=${later[0]}`)).data;
      const at = encodeURIComponent(String(first!['receivedAt']));
      expect(await ids(`to=${at}`)).toContain(created);
      expect(await ids(`to=${at}`)).not.toContain(later[1]);
      expect(await ids(`from=${at}`)).toEqual(expect.arrayContaining([later[1]]));
      expect(await ids(`from=${at}`)).not.toContain(created);
      expect((await ask('/v1/events?from=yesterday')).status).toBe(400);
    });

    it('is read page by page, each event once', async () => {
      const seen: unknown[] = [];
      let cursor: string | null = null;
      let pages = 0;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = await readList(`/v1/events?limit=3${query}`);
        expect(page.data.length).toBeLessThanOrEqual(3);
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.nextCursor;
        pages += 1;
      } while (cursor !== null);
      const [row] = await database.query<{ count: number }>('select count(*)::int from inbox');
      expect(seen).toHaveLength(row!.count);
      expect(new Set(seen).size).toBe(seen.length);
      expect(pages).toBe(Math.ceil(seen.length / 3));
      expect(pages).toBeGreaterThan(2);
      expect((await ask('/v1/events?cursor=nonsense')).status).toBe(400);
    });

    it('shows one with its payload and its effects', async () => {
      const captured = sent[5]!; // charge.succeeded: the first that tells of the money
      const { data } = await readList(`/v1/events?eventId=${captured.eventId}`);
      const event = await read(`/v1/events/${String(data[0]!['id'])}`);
      expectFields(event, EVENT_FIELDS);
      expect(event).toMatchObject({
        eventId: captured.eventId,
        type: 'charge.succeeded',
        status: 'applied',
        outcome: 'applied',
        attempts: 0,
        attemptsMax: 3,
        lastError: null,
        dueAt: null,
        deliveries: 1,
        errors: [],
        payload: masked(captured.body),
      });
      expect(event['effects']).toMatchObject({
        transitions: expect.arrayContaining([
          expect.objectContaining({ subject: 'payment', from: 'pending', to: 'paid' }),
          expect.objectContaining({ subject: 'order', to: 'paid' }),
        ]) as unknown,
        reviews: [],
      });
    });

    it('shows a dead letter with its reason', async () => {
      const event = new Story().stripe('payment_intent.succeeded', (payload) => {
        payload.data.object['amount_received'] = -1;
      });
      await client.expectAccepted(event);
      const row = await finished(database, event);
      const shown = await read(`/v1/events/${row.id}`);
      expect(shown).toMatchObject({
        status: 'dead',
        attempts: 1,
        lastError: { code: 'amount_unusable', attempt: 1 },
        errors: [{ code: 'amount_unusable' }],
      });
      expect(await metric(client, 'tollgate_inbox_dead_letters')).toBe(1);
    });
  });

  describe('the read routes', () => {
    const PATHS = [
      '/v1/payments',
      `/v1/payments/${UNKNOWN_ID}`,
      '/v1/orders/nobody-knows-it',
      '/v1/events',
      `/v1/events/${UNKNOWN_ID}`,
    ];

    it.each(PATHS)('%s refuses whoever has no token, or a wrong one', async (path) => {
      const wrong = [null, 'x', TEST_TOKENS.viewer.slice(0, -1), `${TEST_TOKENS.viewer}x`, ''];
      for (const token of wrong) {
        const answer = await ask(path, token);
        expect(answer.status).toBe(401);
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(JSON.parse(answer.text)).toMatchObject({ status: 401, code: 'unauthenticated' });
      }
      const basic = await client.get(path, { authorization: `Basic ${TEST_TOKENS.viewer}` });
      expect(basic.status).toBe(401);
    });

    it.each(Object.entries(TEST_TOKENS))('may be read by a %s', async (_role, token) => {
      expect((await ask('/v1/payments', token)).status).toBe(200);
      expect((await ask('/v1/events', token)).status).toBe(200);
    });

    it('answer 400 to an id that is none and 404 to one that nobody has', async () => {
      for (const kind of ['payments', 'events']) {
        const bad = await ask(`/v1/${kind}/not-a-uuid`);
        expect(bad.status).toBe(400);
        expect(JSON.parse(bad.text)).toMatchObject({ status: 400, code: 'bad_request' });
        const unknown = await ask(`/v1/${kind}/${UNKNOWN_ID}`);
        expect(unknown.status).toBe(404);
        expect(JSON.parse(unknown.text)).toMatchObject({ status: 404, code: 'not_found' });
      }
      expect((await ask('/v1/orders/nobody-knows-it')).status).toBe(404);
      expect((await ask('/v1/nothing')).status).toBe(404);
    });
  });

  describe('accounts', () => {
    const path = '/webhooks/stripe/acme';

    it('have secrets of their own', async () => {
      const event = new Story().stripe('payment_intent.succeeded');
      const secret = ROTATED.acme;
      expect((await client.deliver(event, { secret })).status).toBe(401);
      expect((await client.deliver(event, { path })).status).toBe(401);
      expect(await client.expectAccepted(event, { path, secret })).toBe('recorded');
      await finished(database, event);
      const { data } = await readList('/v1/payments?account=acme');
      expect(data).toMatchObject([{ account: 'acme', status: 'paid' }]);
    });

    it('keep apart what has one id', async () => {
      const story = new Story();
      const event = story.stripe('payment_intent.succeeded');
      expect(await client.expectAccepted(event)).toBe('recorded');
      expect(await client.expectAccepted(event, { path, secret: ROTATED.acme })).toBe('recorded');
      await eventually(async () => {
        const { data } = await readList(
          `/v1/payments?providerPaymentId=${story.payment(1001)}&status=paid`,
        );
        expect(data.map(({ account }) => account).sort()).toEqual(['acme', 'default']);
      });
    });

    it('that nobody has configured are 404', async () => {
      const event = new Story().stripe('payment_intent.succeeded');
      const answer = await client.deliver(event, { path: '/webhooks/stripe/nobody' });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'unknown_provider' });
    });
  });

  describe('during the rotation of a secret', () => {
    it('both secrets are good, and the metric says which one still matches', async () => {
      const matched = (index: number) =>
        metric(
          client,
          `tollgate_secret_matched_total{provider="stripe",account="default",index="${index}"}`,
        );
      const before = [await matched(0), await matched(1)] as const;
      const story = new Story();
      await client.expectAccepted(story.stripe('charge.succeeded'), { secret: ROTATED.newer });
      expect([await matched(0), await matched(1)]).toEqual([before[0] + 1, before[1]]);
      await client.expectAccepted(story.stripe('charge.updated'), { secret: TEST_SECRETS.stripe });
      expect([await matched(0), await matched(1)]).toEqual([before[0] + 1, before[1] + 1]);
    });
  });

  describe('whoever watches', () => {
    it('sees that both processes are ready', async () => {
      for (const service of [api, worker]) {
        const watcher = new WebhookClient(service.url);
        const ready = await watcher.get('/health/ready');
        expect(ready.status).toBe(200);
        expect(JSON.parse(ready.text)).toMatchObject({ status: 'ready', postgres: 'up' });
        expect((await watcher.get('/health/live')).status).toBe(200);
        watcher.close();
      }
    });

    it('sees the counters go on', async () => {
      const received = 'tollgate_events_received_total{provider="stripe"}';
      const duplicates = 'tollgate_events_duplicate_total{provider="stripe"}';
      const refused = 'tollgate_deliveries_refused_total{provider="stripe",reason="no_match"}';
      const applied =
        'tollgate_events_outcome_total{provider="stripe",outcome="applied",reason=""}';
      const watcher = new WebhookClient(worker.url);
      const isQuiet = async () => expect(await metric(watcher, 'tollgate_inbox_backlog')).toBe(0);
      await eventually(isQuiet); // what came before may still wait for its ring
      const before = await Promise.all(
        [received, duplicates, refused].map((sample) => metric(client, sample)),
      );
      const appliedBefore = await metric(watcher, applied);

      const event = new Story().stripe('payment_intent.succeeded');
      await client.expectAccepted(event);
      await client.expectAccepted(event);
      await client.deliver(event, { secret: 'whsec_of_somebody_else' });
      await finished(database, event);

      const after = await Promise.all(
        [received, duplicates, refused].map((sample) => metric(client, sample)),
      );
      expect(after).toEqual(before.map((count) => count + 1));
      await eventually(async () => expect(await metric(watcher, applied)).toBe(appliedBefore + 1));
      expect(await metric(watcher, 'tollgate_inbox_backlog')).toBe(0);
      watcher.close();
    });

    it('reads one line per delivery and per attempt', async () => {
      const event = new Story().paystack('charge.success');
      await client.expectAccepted(event);
      const { id } = await finished(database, event);
      await eventually(() => {
        const delivered = logLines(api.logs()).filter((line) => line['eventId'] === event.eventId);
        expect(delivered).toMatchObject([
          { msg: 'delivery', provider: 'paystack', status: 'recorded' },
        ]);
        const attempts = logLines(worker.logs()).filter((line) => line['inboxId'] === id);
        expect(attempts).toMatchObject([{ msg: 'attempt', outcome: 'applied', attempt: 1 }]);
      });
    });

    it('never sees a secret, a token or a body', () => {
      const logs = api.logs() + worker.logs();
      const secrets = [...Object.values(TEST_SECRETS), ...Object.values(ROTATED)];
      const { password } = new URL(database.url);
      for (const word of [...secrets, ...Object.values(TEST_TOKENS), password]) {
        expect(logs.includes(word)).toBe(false);
      }
      // What is in every body of ours, and nowhere else.
      expect(logs).not.toContain('buyer@example.com');
      expect(logs).not.toContain('pending_webhooks');
      expect(logs).not.toContain(`${stripe.order(1001)}"`);
    });
  });

  describe('a process with the role "worker"', () => {
    it('takes no webhooks and shows no payments', async () => {
      const stranger = new WebhookClient(worker.url);
      const event = new Story().stripe('payment_intent.succeeded');
      expect((await stranger.deliver(event)).status).toBe(404);
      const answer = await stranger.get('/v1/payments', {
        authorization: `Bearer ${TEST_TOKENS.viewer}`,
      });
      expect(answer.status).toBe(404);
      stranger.close();
    });
  });

  describe('npm run send', () => {
    const run = (...args: string[]) =>
      runTollgate(
        ['send', ...args],
        serviceEnvironment(
          { databaseUrl: database.url },
          { STRIPE_WEBHOOK_SECRETS_ACME: ROTATED.acme },
        ),
      );

    it.each([
      ['stripe', 'payment_intent.succeeded'],
      ['paystack', 'charge.success'],
    ])('sends %s %s and prints the answer and the payment', async (provider, sample) => {
      const { code, output } = await run(provider, sample, '--url', api.url, '--times', '2');
      expect(output).toContain(`${sample} → 200 {"status":"recorded"}`);
      expect(output).toContain(`${sample} → 200 {"status":"duplicate"}`);
      expect(output).toMatch(/"status": "paid"/);
      expect(code).toBe(0);
    });

    it('sends to another account', async () => {
      const args = ['stripe', 'payment_intent.succeeded', '--account', 'acme', '--url', api.url];
      const { code, output } = await run(...args);
      expect(output).toMatch(/"account": "acme"/);
      expect(code).toBe(0);
    });

    it.each([
      ['an unknown provider', ['nobody', 'x'], 2, /unknown provider; there is stripe, paystack/],
      ['an unknown sample', ['stripe', 'nothing'], 2, /there is no sample nothing[^]*charge\./],
      ['no sample', ['paystack'], 2, /samples of paystack[^]*charge\.success/],
      ['an impossible count', ['stripe', 'charge.failed', '--times', '0'], 2, /--times takes/],
      ['an unknown account', ['stripe', 'charge.failed', '--account', 'x'], 2, /no secret/],
      [
        'a service that is not there',
        ['stripe', 'charge.failed', '--url', 'http://127.0.0.1:1'],
        5,
        /nobody answers at http:\/\/127\.0\.0\.1:1/,
      ],
    ] as const)('says what is wrong: %s', async (_what, args, exitCode, message) => {
      const { code, output, notes } = await run(...args);
      expect(notes).toMatch(message);
      expect(output).toBe('');
      expect(code).toBe(exitCode);
    });
  });

  it('leaves nothing behind that waits', async () => {
    await eventually(async () => {
      const waiting = await database.query(`select from inbox where status = 'received'`);
      expect(waiting).toHaveLength(0);
    });
  });
});

/** A payload as it is shown by default. */
function masked(body: Buffer): unknown {
  const { MASKED_PATHS } = environmentSchema.parse({});
  return maskPayload(JSON.parse(body.toString()), MASKED_PATHS);
}
