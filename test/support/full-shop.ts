import { eventually } from './eventually.js';
import { ConsoleVisitor } from './console-visitor.js';
import { fillHostileShop } from './hostile-shop.js';
import { lifecycles } from './lifecycles.js';
import { hundredEvents, shuffled } from './long-story.js';
import { decide, OPERATOR_TOKENS, OPERATORS, orderPaidTwice } from './reviewed-orders.js';
import { TEST_TOKENS } from './service-environment.js';
import { paymentOf, Shop } from './shop.js';
import { rawEvent, Story, type StoryEvent } from './story.js';
import { WebhookClient } from './webhook-client.js';

const PATIENCE_MS = 60_000;

/**
 * Leaves a database behind in which everything has happened that can: events of every outcome,
 * facts that wait for their payment, commands, decisions, replays, messages that were consumed,
 * wait, died or were discarded, sessions and samples. Nobody is connected to it afterwards.
 */
export async function openFullShop(): Promise<Shop> {
  const shop = await Shop.open({
    API_TOKENS: OPERATOR_TOKENS,
    CONSUMERS: 'invoices,access',
    OUTSIDE_CONSUMERS: 'warehouse=order.*',
    REVIEW_SECOND_PERSON_MINOR: '5000',
    SAMPLE_INTERVAL_SECONDS: '1',
  });
  const provider = new WebhookClient(shop.service.url);
  try {
    await fillHostileShop(shop);
    await giveOrders(shop);
    const { reviewId } = await orderPaidTwice(shop);
    expectAnswer(await decide(shop, reviewId, 'ann', { resolution: 'refund' }), 202);
    expectAnswer(await decide(shop, reviewId, 'ben', { resolution: 'refund' }), 200);
    const { reviewId: halfDecided } = await orderPaidTwice(shop);
    expectAnswer(await decide(shop, halfDecided, 'ann', { resolution: 'accept' }), 202);
    const { reviewId: claimed } = await orderPaidTwice(shop);
    const ann = { token: OPERATORS.ann, key: null };
    expectAnswer(await shop.post(`/v1/reviews/${claimed}/claim`, {}, ann), 200);
    await replayByFilter(shop);
    await discardMessage(shop);
    await new ConsoleVisitor(() => shop.service.url).logIn(TEST_TOKENS.operator);
    for (const event of allEvents()) await provider.expectAccepted(event);
    await everythingHasHappened(shop);
    await mergeReview(shop);
  } finally {
    provider.close();
  }
  await shop.kill('SIGTERM'); // which writes down what was counted last
  return shop;
}

/** A long story, every life that there is, and what nobody can make sense of yet or ever. */
function allEvents(): StoryEvent[] {
  const story = new Story();
  const long = shuffled(hundredEvents(story));
  const lives = lifecycles('').flatMap((_life, index) => {
    const { provider, events } = lifecycles(`${story.tag}${index}`)[index]!;
    return events.map((body) => rawEvent(provider, JSON.stringify(body)));
  });
  const paid = story.stripe('payment_intent.succeeded');
  const conflict = { ...paid, body: Buffer.from(paid.body.toString().replace('5000', '6000')) };
  const parked = story.stripe('charge.dispute.created', ({ data }) => {
    Object.assign(data.object, { charge: `ch_${story.tag}_unknown`, payment_intent: undefined });
  });
  const ignored = story.stripe('payment_intent.succeeded', (payload) => {
    payload['type'] = 'customer.created';
  });
  const unusable = story.stripe('payment_intent.succeeded', ({ data }) => {
    Object.assign(data.object, { amount_received: -1 });
  });
  return [...long, ...long.slice(0, 10), ...lives, paid, conflict, parked, ignored, unusable];
}

/** Commands: paid, refunded in part, cancelled, refused, and one that nobody knows the end of. */
async function giveOrders(shop: Shop): Promise<void> {
  shop.tellWebhooks('after-answer');
  const reference = await shop.order();
  const { id, providerPaymentId } = await shop.payment(reference);
  shop.standIn.stripe.pay(providerPaymentId);
  await shop.orderIs(reference, 'paid');
  expectAnswer(await shop.post(`/v1/payments/${id}/refunds`, { amountMinor: 2000 }), 201);

  const cancelled = await shop.order();
  await shop.payment(cancelled);
  expectAnswer(await shop.post(`/v1/orders/${cancelled}/cancel`), 200);
  expectAnswer(await shop.post('/v1/orders', { reference: cancelled, currency: 'USD' }), 400);

  const naira = await shop.order(5000, 'NGN');
  const page = { ...paymentOf('paystack'), returnUrl: 'https://shop.example/back' };
  expectAnswer(await shop.post(`/v1/orders/${naira}/payments`, page), 201);

  const unknown = await shop.order();
  shop.standIn.faults.always('POST /v1/payment_intents', { kind: 'reset-before' });
  expectAnswer(await shop.post(`/v1/orders/${unknown}/payments`, paymentOf('stripe')), 504);
  shop.standIn.reset();
}

async function replayByFilter(shop: Shop): Promise<void> {
  const order = { filter: { type: 'payment_intent.succeeded' }, reason: 'it was mended' };
  expectAnswer(await shop.post('/v1/replays', order, { token: TEST_TOKENS.operator }), 202);
}

/** One of those that died; the others stay to be seen. */
async function discardMessage(shop: Shop): Promise<void> {
  const [dead] = await shop.database.query<{ consumer: string; message_id: string }>(
    `select consumer, message_id from dispatches where status = 'dead'`,
  );
  if (!dead) throw new Error('no message has died');
  const path = `/v1/consumers/${dead.consumer}/messages/${dead.message_id}/discard`;
  const options = { token: TEST_TOKENS.operator, key: null };
  expectAnswer(await shop.post(path, { reason: 'nobody needs it' }, options), 200);
  await shop.database.query(
    `update dispatches set status = 'dead', reason = 'consumer_refused', settled_at = now()
     where (consumer, message_id) in
       (select consumer, message_id from dispatches where status = 'consumed' limit 1)`,
  );
}

/** As two payments leave it that turned out to be one: a decision about the one that is no more. */
async function mergeReview({ database }: Shop): Promise<void> {
  const merged = await database.query(
    `with kept as (select id, reason from reviews where payment_id is not null limit 1),
          merged as (
            insert into reviews (id, reason, status, merged_into, closed_at)
            select gen_random_uuid(), reason, 'withdrawn', id, now() from kept returning id)
     insert into review_decisions (id, review_id, actor, resolution, is_proposal, reason, amount_minor)
     select gen_random_uuid(), id, 'ann', 'accept', false, 'as it is', 5000 from merged returning id`,
  );
  if (merged.length === 0) throw new Error('there is no review of a payment');
}

async function everythingHasHappened({ database }: Shop): Promise<void> {
  const isOver = async () => {
    const waiting = await database.query(
      `select id::text from inbox where status = 'received' and attempts = 0
       union all select id::text from outbox where fanned_out_at is null
       union all select message_id::text from dispatches
                 where status = 'pending' and consumer <> 'warehouse'
       union all select id::text from replays where status = 'running'
       union all (select 'no sample' where not exists (select from minute_samples))
       union all (select 'no conflict' where not exists (select from inbox_conflicts))`,
    );
    expect(waiting).toEqual([]);
  };
  await eventually(isOver, { timeoutMs: PATIENCE_MS });
}

function expectAnswer({ status, text }: { status: number; text: string }, wanted: number): void {
  if (status !== wanted) throw new Error(`it answered ${status} and not ${wanted}: ${text}`);
}
