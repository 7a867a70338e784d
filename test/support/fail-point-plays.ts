import { randomUUID } from 'node:crypto';
import { eventually } from './eventually.js';
import { anonymousAnswer } from './fail-point-answer.js';
import type { Stage } from './fail-point-stage.js';
import { TEST_TOKENS } from './service-environment.js';
import { paymentOf, type CommandAnswer } from './shop.js';
import { rawEvent, Story, type StoryEvent } from './story.js';

/** What happens while a process dies, and all that is needed to tell how it ended. */
export interface Act {
  /** Of the orders that it is about. */
  readonly references: readonly string[];
  /**
   * What is sent, one after the other, each until it is answered. What they return must be the
   * same when nobody dies.
   */
  readonly steps: readonly (() => Promise<unknown>)[];
  /** Time passes for whoever was taken along, and would be waited for too long by a test. */
  readonly afterDeath?: () => Promise<void>;
  /** Waits for what nobody is answered about. */
  readonly untilDone?: () => Promise<void>;
  /** After that: what was answered before is answered again. */
  readonly again?: () => Promise<void>;
}

/** Prepares an act, with a process that works. */
export type Play = (stage: Stage) => Promise<Act>;

/** Payment of our samples: 50 USD. */
const SAMPLE = 1001;
const DUE = { currency: 'USD', amountDueMinor: 5000 };
const AS_OPERATOR = { token: TEST_TOKENS.operator };
const PATIENCE = { timeoutMs: 60_000 };

/** A webhook says that an order is paid, which has its invoice and its access. */
export const SALE: Play = async (stage) => {
  const { reference, event } = await soldOrder(stage);
  return { references: [reference], steps: [() => stage.deliver(event)] };
};

/** The webhook comes twice. */
export const SALE_TOLD_TWICE: Play = async (stage) => {
  const { reference, event } = await soldOrder(stage);
  const deliver = () => stage.deliver(event);
  return { references: [reference], steps: [deliver, deliver] };
};

/** Two webhooks about two orders. */
export const TWO_SALES: Play = async (stage) => {
  const sales = [await soldOrder(stage), await soldOrder(stage)];
  return {
    references: sales.map(({ reference }) => reference),
    steps: sales.map(
      ({ event }) =>
        () =>
          stage.deliver(event),
    ),
  };
};

/** A client creates an order and starts a payment, which the customer makes. */
export const COMMANDS: Play = (stage) => {
  const reference = `shop-${randomUUID()}`;
  const first = new Map<string, CommandAnswer>();
  const keys = { order: randomUUID(), payment: randomUUID() };
  const create = () => stage.command('/v1/orders', { reference, ...DUE }, { key: keys.order });
  const start = () =>
    stage.command(`/v1/orders/${reference}/payments`, paymentOf('stripe'), { key: keys.payment });
  const remembering = (name: string, send: () => Promise<CommandAnswer>) => async () => {
    const answer = await send();
    first.set(name, answer);
    return anonymousAnswer(answer);
  };
  let paid: StoryEvent | null = null;
  return Promise.resolve({
    references: [reference],
    steps: [
      remembering('create', create),
      remembering('start', start),
      () => {
        const { providerPaymentId } = first.get('start')!.json as { providerPaymentId: string };
        paid ??= payAtStripe(stage, providerPaymentId);
        return stage.deliver(paid);
      },
    ],
    again: async () => {
      for (const [name, send] of Object.entries({ create, start })) {
        const answer = await send();
        expect(answer.text).toBe(first.get(name)?.text);
        expect(answer.headers.get('idempotency-replayed')).toBe('true');
      }
    },
  });
};

/** A thin event says only what to ask for. */
export const THIN: Play = async (stage) => {
  const { reference, providerPaymentId } = await paidInSilence(stage);
  const id = `evt_${randomUUID().replaceAll('-', '')}`;
  const body = JSON.stringify({
    id,
    object: 'v2.core.event',
    type: 'v1.payment_intent.succeeded',
    livemode: false,
    created: new Date().toISOString(),
    related_object: { id: providerPaymentId, type: 'payment_intent' },
  });
  const event = { ...rawEvent('stripe', body), eventId: id };
  return { references: [reference], steps: [() => stage.deliver(event)] };
};

/** A client asks how a payment stands. */
export const VERIFY: Play = async (stage) => {
  const { reference, id } = await paidInSilence(stage);
  const verify = async () => {
    const answer = await stage.command(`/v1/payments/${id}/verify`, undefined, { key: null });
    return (answer.json as { status: string }).status;
  };
  return { references: [reference], steps: [verify] };
};

/** Nobody tells that a payment was made, so the provider is asked when it is time. */
export const RESOLVE: Play = async (stage) => {
  const { reference, id } = await paidInSilence(stage);
  const { database } = stage.shop;
  await eventually(async () => {
    const fresh = await database.query('select from payments where id = $1 and asks < 0', [id]);
    expect(fresh).toEqual([]); // it is on the schedule of the resolver
  }, PATIENCE);
  const itIsTime = async () => {
    await database.query('update payments set ask_at = now() where id = $1', [id]);
  };
  return {
    references: [reference],
    steps: [itIsTime],
    afterDeath: itIsTime,
    untilDone: async () => {
      await stage.shop.orderIs(reference, 'paid');
      await eventually(async () => {
        const open = await database.query(
          'select from payments where id = $1 and ask_at is not null',
          [id],
        );
        expect(open).toEqual([]);
      }, PATIENCE);
    },
  };
};

/** An operator sends an event through again, that was applied. */
export const REPLAY: Play = async (stage) => {
  const { reference, event } = await soldOrder(stage);
  await stage.deliver(event);
  await stage.shop.orderIs(reference, 'paid');
  const [row] = await stage.shop.database.query<{ id: string }>(
    'select id from inbox where event_id = $1',
    [event.eventId],
  );
  const order = { ids: [row!.id], reason: 'to be sure' };
  const options = { ...AS_OPERATOR, key: randomUUID() };
  let replayId = '';
  return {
    references: [reference],
    steps: [
      async () => {
        const answer = await stage.command('/v1/replays', order, options);
        replayId = (answer.json as { id: string }).id;
        return answer.status;
      },
    ],
    untilDone: () =>
      eventually(async () => {
        const shown = await stage.shop.get(`/v1/replays/${replayId}`);
        expect(shown.json).toMatchObject({ status: 'done', total: 1, done: 1, skipped: 0 });
      }, PATIENCE),
  };
};

/** An order, and the event by which it is going to be paid. */
async function soldOrder(stage: Stage): Promise<{ reference: string; event: StoryEvent }> {
  const story = new Story();
  const reference = story.order(SAMPLE);
  const answer = await stage.shop.post('/v1/orders', { reference, ...DUE });
  expect(answer.status).toBe(201);
  return { reference, event: story.stripe('payment_intent.succeeded') };
}

/** An order whose payment was made, and nobody has told us. */
async function paidInSilence(stage: Stage) {
  stage.shop.standIn.webhooks.hold();
  const reference = await stage.shop.order(DUE.amountDueMinor, DUE.currency);
  const { id, providerPaymentId } = await stage.shop.payment(reference);
  payAtStripe(stage, providerPaymentId);
  return { reference, id, providerPaymentId };
}

/** The customer pays; what Stripe says of it, which is delivered only if somebody does so. */
function payAtStripe({ shop: { standIn } }: Stage, providerPaymentId: string): StoryEvent {
  standIn.stripe.pay(providerPaymentId);
  const events = standIn.webhooks.about(providerPaymentId);
  return events.find(({ type }) => type === 'payment_intent.succeeded')!;
}
