import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cancelOrderOperation } from '../../src/checkout/cancel-order.operation.js';
import { CREATE_ORDER } from '../../src/checkout/create-order.operation.js';
import { refundPaymentOperation } from '../../src/checkout/refund-payment.operation.js';
import { resolveReviewOperation } from '../../src/checkout/resolve-review.operation.js';
import { startPaymentOperation } from '../../src/checkout/start-payment.operation.js';
import { FAIL_POINTS } from '../../src/fail-points.js';
import type { Operation } from '../../src/idempotency/operation.js';
import { eventually } from '../support/eventually.js';
import { anonymousAnswer } from '../support/fail-point-answer.js';
import { orderPaidTwice } from '../support/reviewed-orders.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import {
  paymentOf,
  Shop,
  type CommandAnswer,
  type ShownPayment,
  type ShownRefund,
} from '../support/shop.js';
import type { SpawnedService } from '../support/spawn-service.js';
import type { Route } from '../support/stand-in/exchange.js';

const PROVIDERS = ['stripe', 'paystack'] as const;
type Provider = (typeof PROVIDERS)[number];

const CURRENCIES = { stripe: 'USD', paystack: 'NGN' } as const;
const DUE_MINOR = 5000;
const REFUNDED_MINOR = 2000;
/** Starting a process takes long while other tests do the same. */
const PATIENCE = { timeoutMs: 40_000 };

/** A command that is about to be sent. */
interface Command {
  readonly shop: Shop;
  readonly provider: Provider;
  /** Of the order. */
  readonly reference: string;
  readonly path: string;
  readonly body?: unknown;
  readonly key: string;
  /** That of a shop by default. */
  readonly token?: string;
}

/** A kind of command: how it comes about, and what must hold once it is done. */
interface Scene {
  readonly title: string;
  readonly operation: Operation;
  /** Recovery points that a request comes by here. */
  readonly phases: readonly string[];
  /** Where it is killed, if not at every point of these phases. */
  readonly failPoints?: readonly string[];
  /** What the provider is asked for. */
  readonly routes: Readonly<Partial<Record<Provider, Route>>>;
  readonly prepare: (shop: Shop, provider: Provider) => Promise<Command>;
  readonly send: (command: Command, service: SpawnedService) => Promise<CommandAnswer>;
  /** There is one of everything, whatever happened on the way. */
  readonly expectOnce: (command: Command, answer: CommandAnswer) => Promise<void>;
}

const START_ROUTES = {
  stripe: 'POST /v1/payment_intents',
  paystack: 'POST /transaction/initialize',
} as const;
const START = startPaymentOperation({} as never);
const REFUND = refundPaymentOperation({} as never);
const CANCEL = cancelOrderOperation({} as never);
const RESOLVE = resolveReviewOperation({} as never);
/** The only phase that a request does not come to by itself. */
const ORDER_CANCELLED = 'order_cancelled';

const SCENES: readonly Scene[] = [
  {
    title: 'creating an order',
    operation: CREATE_ORDER,
    phases: Object.keys(CREATE_ORDER.phases),
    routes: {},
    prepare: (shop, provider) => {
      const reference = `shop-${randomUUID()}`;
      const currency = CURRENCIES[provider];
      const body = { reference, currency, amountDueMinor: DUE_MINOR, metadata: { cart: 'full' } };
      return Promise.resolve(command(shop, provider, reference, '/v1/orders', body));
    },
    send,
    expectOnce: expectOneOrder,
  },
  {
    title: 'starting a payment',
    operation: START,
    phases: Object.keys(START.phases).filter((phase) => phase !== ORDER_CANCELLED),
    routes: START_ROUTES,
    prepare: prepareStart,
    send,
    expectOnce: expectOneStart,
  },
  {
    title: 'starting a payment of an order that is called off meanwhile',
    operation: START,
    phases: [ORDER_CANCELLED],
    routes: {},
    prepare: prepareStart,
    send: callOffMeanwhile,
    expectOnce: expectWithdrawn,
  },
  {
    title: 'refunding a payment',
    operation: REFUND,
    phases: Object.keys(REFUND.phases),
    routes: { stripe: 'POST /v1/refunds', paystack: 'POST /refund' },
    prepare: prepareRefund,
    send,
    expectOnce: expectOneRefund,
  },
  {
    title: 'cancelling an order',
    operation: CANCEL,
    phases: Object.keys(CANCEL.phases),
    // Paystack is only asked how the payment stands: it knows no cancelling.
    routes: { stripe: 'POST /v1/payment_intents/:id/cancel' },
    prepare: prepareCancel,
    send,
    expectOnce: expectCancelled,
  },
  {
    title: 'deciding that money is given back',
    operation: RESOLVE,
    phases: Object.keys(RESOLVE.phases),
    // It runs the command that refunds, which is killed everywhere above.
    failPoints: [
      'command.claimed:resolve_review',
      'command.committed:resolve_review/started',
      'command.committed:refund_payment/started',
      'command.after_call:refund_payment/refund_created',
      'command.committed:refund_payment/refund_created',
      'command.before_commit:resolve_review/refunding',
      'command.committed:resolve_review/refunding',
    ],
    routes: { stripe: 'POST /v1/refunds', paystack: 'POST /refund' },
    prepare: prepareDecision,
    send,
    expectOnce: expectDecidedOnce,
  },
];

/** Where a request of a scene can be killed. */
function failPointsOf({ operation: { name, first }, phases, failPoints }: Scene): string[] {
  if (failPoints) return [...failPoints];
  const ofCommands = FAIL_POINTS.filter((point) => point.startsWith('command.'));
  const inPhases = ofCommands.filter((point) => point !== 'command.claimed');
  return [
    ...(phases.includes(first) ? [`command.claimed:${name}`] : []),
    ...phases.flatMap((phase) => inPhases.map((point) => `${point}:${name}/${phase}`)),
  ];
}

/** Two shops go through the same, with a provider each: in turn, so that both see everything. */
let turn = 0;
/** Nobody but the client finishes what has begun. */
let retried: Shop;
/** Nobody sends anything again; webhooks come at once, whatever has died. */
let completed: Shop;

beforeAll(async () => {
  const patient = { PROVIDER_TIMEOUT_MS: '10000', PROVIDER_SETTLE_SECONDS: '1' };
  [retried, completed] = await Promise.all([
    Shop.open({ ...patient, COMPLETE_INTERVAL_SECONDS: '3600' }),
    Shop.open({ ...patient, COMPLETE_INTERVAL_SECONDS: '1' }),
  ]);
});

afterAll(() => Promise.all([retried.close(), completed.close()]));

beforeEach(() => {
  turn += 1;
  retried.standIn.reset();
  completed.standIn.reset();
  completed.tellWebhooks('after-answer');
});

describe.each(SCENES)('a process is killed while $title', (scene) => {
  const calm = new Map<string, unknown>();

  /** What the same command is answered when nothing goes wrong. */
  async function answerOfCalm(shop: Shop, provider: Provider): Promise<unknown> {
    const name = `${provider} ${shop.database.url}`;
    if (!calm.has(name)) {
      const ordinary = await scene.prepare(shop, provider);
      calm.set(name, anonymousAnswer(await scene.send(ordinary, shop.service)));
    }
    return calm.get(name);
  }

  async function expectSameEnd(crashed: Command, answer: CommandAnswer): Promise<void> {
    const { shop, provider } = crashed;
    expect(anonymousAnswer(answer)).toEqual(await answerOfCalm(shop, provider));
    await scene.expectOnce(crashed, answer);
    const again = await post(crashed);
    expect(again.text).toBe(answer.text);
    // Whoever decides a review is shown how it stands, told once or again.
    const isTold = scene.operation !== RESOLVE;
    expect(again.headers.get('idempotency-replayed')).toBe(isTold ? 'true' : null);
  }

  it.each(failPointsOf(scene))(
    'at %s: sending it again ends it, and so does waiting',
    async (failPoint) => {
      const [one, other] = turn % 2 === 0 ? PROVIDERS : (['paystack', 'stripe'] as const);
      await Promise.all([
        dieAt(failPoint, retried, one).then(async (crashed) => {
          const answer = await sendUntilDone(crashed);
          await tellEverything(retried);
          await expectSameEnd(crashed, answer);
        }),
        dieAt(failPoint, completed, other).then(async (crashed) => {
          await untilCompleted(crashed);
          await expectSameEnd(crashed, await post(crashed));
        }),
      ]);
    },
  );

  /** A process next to that of the shop takes the command, and dies there. */
  async function dieAt(failPoint: string, shop: Shop, provider: Provider): Promise<Command> {
    const [doomed, crashed] = await Promise.all([
      shop.startAnother({ FAILPOINTS: failPoint, ROLES: 'api' }),
      scene.prepare(shop, provider),
    ]);
    await expect(scene.send(crashed, doomed)).rejects.toThrow('fetch failed');
    expect(await doomed.exited).toBe('SIGKILL');
    return crashed;
  }

  if (Object.keys(scene.routes).length === 0) return;

  it.each([
    ['when the provider has got the request, and acts on it later', 'onRequest'],
    ['when the provider has acted, and before it answers', 'onActed'],
  ] as const)('%s: a restart ends it', async (_moment, hook) => {
    await Promise.all(
      PROVIDERS.flatMap((provider, index) => {
        const route = scene.routes[provider];
        const shop = index === turn % 2 ? retried : completed;
        return route === undefined ? [] : [dieDuring(route, hook, shop, provider)];
      }),
    );
  });

  /** The process of the shop dies, and is started again. */
  async function dieDuring(
    route: Route,
    hook: 'onRequest' | 'onActed',
    shop: Shop,
    provider: Provider,
  ): Promise<void> {
    const crashed = await scene.prepare(shop, provider);
    let isKilled = false;
    shop.standIn[hook](async (request) => {
      if (isKilled || request.route !== route) return;
      isKilled = true;
      await shop.kill();
    });
    await expect(scene.send(crashed, shop.service)).rejects.toThrow('fetch failed');
    await shop.start();
    if (shop === completed) {
      await untilCompleted(crashed);
      shop.tellWebhooks('after-answer');
    }
    const answer = await sendUntilDone(crashed);
    await tellEverything(shop);
    await expectSameEnd(crashed, answer);
  }
});

it('knows every phase of every operation', () => {
  const operations = [CREATE_ORDER, START, REFUND, CANCEL, RESOLVE];
  const files = readdirSync(new URL('../../src/checkout/', import.meta.url));
  expect(files.filter((file) => file.endsWith('.operation.ts'))).toHaveLength(operations.length);
  for (const operation of operations) {
    const scenes = SCENES.filter((scene) => scene.operation === operation);
    const phases = scenes.flatMap((scene) => scene.phases);
    expect(phases.sort()).toEqual(Object.keys(operation.phases).sort());
  }
});

function command(
  shop: Shop,
  provider: Provider,
  reference: string,
  path: string,
  body?: unknown,
): Command {
  return { shop, provider, reference, path, body, key: randomUUID() };
}

function post({ shop, path, body, key, token }: Command): Promise<CommandAnswer> {
  return shop.post(path, body, { key, ...(token && { token }) });
}

function send(
  { shop, path, body, key, token }: Command,
  service: SpawnedService,
): Promise<CommandAnswer> {
  return shop.post(path, body, { key, service, ...(token && { token }) });
}

/** A client that repeats its request for as long as it is told to. */
function sendUntilDone(crashed: Command): Promise<CommandAnswer> {
  return eventually(async () => {
    const answer = await post(crashed);
    expect(answer).not.toMatchObject({ json: { code: 'request_in_progress' } });
    expect(answer).not.toMatchObject({ json: { code: 'provider_outcome_unknown' } });
    return answer;
  }, PATIENCE);
}

function untilCompleted({ shop, key }: Command): Promise<void> {
  return eventually(async () => {
    const rows = await shop.database.query('select status from idempotency_keys where key = $1', [
      key,
    ]);
    expect(rows).toEqual([{ status: 'done' }]);
  }, PATIENCE);
}

/** The webhooks of what happened come at last, and those of all that follows. */
async function tellEverything(shop: Shop): Promise<void> {
  if (shop === retried) shop.tellWebhooks('after-answer');
  await shop.standIn.webhooks.redeliver();
}

async function prepareStart(shop: Shop, provider: Provider): Promise<Command> {
  const reference = await shop.order(DUE_MINOR, CURRENCIES[provider]);
  const body = paymentOf(provider);
  return command(shop, provider, reference, `/v1/orders/${reference}/payments`, body);
}

async function prepareRefund(shop: Shop, provider: Provider): Promise<Command> {
  const reference = await shop.order(DUE_MINOR, CURRENCIES[provider]);
  const { id, providerPaymentId } = await shop.payment(reference, provider);
  shop.standIn[provider].pay(providerPaymentId);
  expect(await shop.post(`/v1/payments/${id}/verify`)).toMatchObject({ json: { status: 'paid' } });
  const body = { amountMinor: REFUNDED_MINOR, reason: 'requested_by_customer' };
  return command(shop, provider, reference, `/v1/payments/${id}/refunds`, body);
}

async function prepareCancel(shop: Shop, provider: Provider): Promise<Command> {
  const reference = await shop.order(DUE_MINOR, CURRENCIES[provider]);
  await shop.payment(reference, provider);
  return command(shop, provider, reference, `/v1/orders/${reference}/cancel`);
}

async function prepareDecision(shop: Shop, provider: Provider): Promise<Command> {
  const { reference, reviewId } = await orderPaidTwice(shop, provider);
  const body = { resolution: 'refund', reason: 'paid twice by mistake' };
  const decision = command(shop, provider, reference, `/v1/reviews/${reviewId}/resolve`, body);
  return { ...decision, token: TEST_TOKENS.operator };
}

/** The order is cancelled while the provider has its answer in hand. */
async function callOffMeanwhile(crashed: Command, service: SpawnedService): Promise<CommandAnswer> {
  const { shop, provider, reference } = crashed;
  const gate = shop.standIn.faults.gate(START_ROUTES[provider], 'after');
  const sent = send(crashed, service);
  sent.catch(() => undefined); // looked at by whoever gets it
  await gate.reached;
  const cancelled = await shop.post(`/v1/orders/${reference}/cancel`);
  expect(cancelled.status).toBe(200);
  gate.release();
  return sent;
}

async function expectOneOrder(crashed: Command): Promise<void> {
  const { shop, provider, reference } = crashed;
  const rows = await shop.database.query('select from orders where reference = $1', [reference]);
  expect(rows).toHaveLength(1);
  await expectPayable(crashed, await shop.payment(reference, provider));
}

async function expectOneStart(crashed: Command, answer: CommandAnswer): Promise<void> {
  const { shop, provider, reference } = crashed;
  const started = answer.json as ShownPayment;
  const { id, providerPaymentId } = started;
  expect((await shop.showOrder(reference)).payments).toMatchObject([
    { id, status: 'pending', unknownOutcome: false, providerPaymentId },
  ]);
  const atProvider = shop.standIn[provider].paymentIdsOf(reference);
  expect(atProvider.at(-1)).toBe(providerPaymentId);
  if (provider === 'stripe') expect(atProvider).toHaveLength(1);
  else expectOneHandedOut(shop, atProvider, started);
  await expectPayable(crashed, started);
}

/** Paystack tells an address once: the one that was lost with an answer stays unused for ever. */
function expectOneHandedOut(
  shop: Shop,
  references: readonly string[],
  { authorizationUrl }: ShownPayment,
): void {
  const transactions = shop.standIn.paystack.transactions.filter(({ reference }) =>
    references.includes(reference),
  );
  expect(transactions.length).toBeLessThanOrEqual(2);
  expect(transactions.map(({ status }) => status)).toEqual(transactions.map(() => 'abandoned'));
  expect(authorizationUrl).toContain(String(transactions.at(-1)!.id));
}

/** Paying once is all that was ever needed. */
async function expectPayable(
  { shop, provider, reference }: Command,
  { providerPaymentId }: Pick<ShownPayment, 'providerPaymentId'>,
): Promise<void> {
  shop.standIn[provider].pay(providerPaymentId!);
  await shop.orderIs(reference, 'paid');
  const order = await shop.showOrder(reference);
  expect(order).toMatchObject({ amountPaidMinor: DUE_MINOR, reviews: [] });
  expect(order.payments).toHaveLength(1);
  expect(shop.standIn.moneyOfOrder(reference)).toEqual({
    charges: 1,
    takenMinor: DUE_MINOR,
    returnedMinor: 0,
  });
}

async function expectOneRefund(crashed: Command, answer: CommandAnswer): Promise<void> {
  const { shop, provider, reference } = crashed;
  const { id, providerRefundId, payment } = answer.json as ShownRefund & { payment: ShownPayment };
  const refunds = await shop.database.query(
    'select id, outcome, provider_refund_id from refunds where payment_id = $1',
    [payment.id],
  );
  expect(refunds).toEqual([{ id, outcome: 'accepted', provider_refund_id: providerRefundId }]);
  const atProvider = shop.standIn[provider].refundsOf(payment.providerPaymentId!);
  expect(atProvider.map((refund) => refund.id)).toEqual([providerRefundId]);

  shop.standIn[provider].settleRefund(providerRefundId!, 'succeeded');
  await shop.orderIs(reference, 'partially_refunded');
  expect(await shop.showOrder(reference)).toMatchObject({
    amountRefundedMinor: REFUNDED_MINOR,
    reviews: [],
  });
  expect(shop.standIn.moneyOfOrder(reference)).toEqual({
    charges: 1,
    takenMinor: DUE_MINOR,
    returnedMinor: REFUNDED_MINOR,
  });
}

async function expectDecidedOnce(crashed: Command, answer: CommandAnswer): Promise<void> {
  const { shop, provider, reference } = crashed;
  expect(answer).toMatchObject({ status: 200, json: { status: 'resolved', isRefunding: false } });
  await shop.orderIs(reference, 'paid');
  const { payments, reviews } = await shop.showOrder(reference);
  expect(reviews).toMatchObject([{ reason: 'paid_twice', status: 'resolved' }]);
  const refunds = payments.map(({ providerPaymentId }) =>
    shop.standIn[provider].refundsOf(providerPaymentId!).map(({ amountMinor }) => amountMinor),
  );
  expect(refunds).toEqual([[], [DUE_MINOR]]);
  const returned = { charges: 2, takenMinor: 2 * DUE_MINOR, returnedMinor: DUE_MINOR };
  expect(shop.standIn.moneyOfOrder(reference)).toEqual(returned);
  const { id } = answer.json as { id: string };
  const audit = await shop.database.query(
    'select action, result from audit_entries where subject = $1 order by id',
    [id],
  );
  expect(audit).toEqual([
    { action: 'review.resolve', result: 'refunding' },
    { action: 'review.resolve', result: 'refund' },
  ]);
  const decisions = await shop.database.query(
    'select resolution from review_decisions where review_id = $1',
    [id],
  );
  expect(decisions).toEqual([{ resolution: 'refund' }]);
}

async function expectWithdrawn(crashed: Command, answer: CommandAnswer): Promise<void> {
  expect(answer).toMatchObject({ status: 409, json: { code: 'order_cancelled' } });
  await expectCancelled(crashed);
}

async function expectCancelled({ shop, provider, reference }: Command): Promise<void> {
  await shop.orderIs(reference, 'cancelled');
  const order = await shop.showOrder(reference);
  expect(order.reviews).toEqual([]);
  expect(order.payments).toHaveLength(1);
  const ids = shop.standIn[provider].paymentIdsOf(reference);
  const intents = shop.standIn.stripe.paymentIntents.filter(({ id }) => ids.includes(id));
  expect(intents.map(({ status }) => status)).toEqual(intents.map(() => 'canceled'));
  expect(ids).toContain(order.payments[0]?.providerPaymentId);
  expect(shop.standIn.moneyOfOrder(reference).charges).toBe(0);
}
