import { eventually } from './eventually.js';
import { buryEvents } from './dead-letters.js';
import { TEST_TOKENS } from './service-environment.js';
import type { CommandAnswer, Shop } from './shop.js';
import { rawEvent, Story, type StoryEvent } from './story.js';
import { WebhookClient } from './webhook-client.js';

/** Texts that are harmless where they stay texts. */
export const HOSTILE = {
  image: '<img src=x onerror="window.pwned=1">',
  script: '"><script>window.pwned=1</script>',
  link: 'javascript:window.pwned=1',
} as const;
const { image, script, link } = HOSTILE;

/** Where what they are in can be looked at: paths of the console. */
export interface HostilePaths {
  readonly deadEvent: string;
  readonly appliedEvent: string;
  readonly discardedEvent: string;
  readonly order: string;
  readonly payment: string;
  readonly openReview: string;
  readonly closedReview: string;
  readonly replay: string;
}

/**
 * Fills a shop with everything that the console shows, and lets everybody who can write anything
 * write something hostile: providers, customers, our own shop, consumers and operators.
 */
export async function fillHostileShop(shop: Shop): Promise<HostilePaths> {
  const order = { reference: image, currency: 'USD', amountDueMinor: 5000 };
  await expectStatus(shop.post('/v1/orders', { ...order, metadata: { [script]: image } }), 201);
  const events = hostileEvents();
  const provider = new WebhookClient(shop.service.url);
  for (const event of events) await provider.expectAccepted(event);
  provider.close();
  const told = await eventually(async () => {
    const { data } = (await shop.get('/v1/events')).json as { data: EventRow[] };
    if (data.some(({ status }) => status === 'received')) throw new Error('some still wait');
    return data;
  });
  const paidEvent = told.find(({ paymentId }) => paymentId !== null)!;

  const dead = await buryEvents(shop.database, deadEvents(), {
    code: script.slice(0, 64),
    message: `${image} ${link}`,
    type: image,
  });
  const act = (path: string, body: unknown) => {
    const options = { token: TEST_TOKENS.operator, key: null };
    return expectStatus(shop.post(path, body, options), 200, 202);
  };
  await act(`/v1/events/${dead[1]!}/discard`, { reason: script });
  const replay = await act('/v1/replays', { ids: [dead[2]], reason: image });
  await buryMessage(shop);

  const findReview = async (reference: string) => {
    const answer = await shop.get(`/v1/reviews?order=${encodeURIComponent(reference)}`);
    const { data } = answer.json as { data: { id: string }[] };
    return `/reviews/${data[0]!.id}`;
  };
  const [openReview, closedReview] = [await findReview(image), await findReview(link)];
  await act(`/v1${closedReview}/claim`, {});
  await act(`/v1${closedReview}/resolve`, { resolution: 'accept', reason: script });
  return {
    deadEvent: `/console/events/${dead[0]!}`,
    discardedEvent: `/console/events/${dead[1]!}`,
    appliedEvent: `/console/events/${paidEvent.id}`,
    order: `/console/orders/${encodeURIComponent(image)}`,
    payment: `/console/payments/${paidEvent.paymentId!}`,
    openReview: `/console${openReview}`,
    closedReview: `/console${closedReview}`,
    replay: `/console/replays/${replay.id}`,
  };
}

interface EventRow {
  readonly id: string;
  readonly status: string;
  readonly paymentId: string | null;
}

/** Two orders that were called off and paid all the same, with refunds and disputes. */
function hostileEvents(): StoryEvent[] {
  return [
    ...lifeOf(image, script, `${link} of a charge`),
    ...lifeOf(link, image, `${script} of a charge`),
    rawEvent('stripe', JSON.stringify({ id: script, object: 'event', type: link, data: {} })),
  ];
}

function lifeOf(order: string, payment: string, part: string): StoryEvent[] {
  const story = new Story();
  const about = (sample: string, fields: Readonly<Record<string, unknown>>) =>
    story.stripe(sample, (payload) => {
      Object.assign(payload.data.object, fields);
      payload['id'] = `${payment} ${sample}`;
    });
  const intent = {
    id: payment,
    metadata: { order_id: order, [image]: script },
    description: image,
    latest_charge: part,
    shipping: { name: script },
  };
  const ofPart = { payment_intent: payment, charge: part };
  return [
    about('payment_intent.created', intent),
    about('payment_intent.canceled', intent),
    about('payment_intent.succeeded', intent),
    about('refund.created', { ...ofPart, id: `${image} refund` }),
    about('charge.dispute.created', { ...ofPart, id: `${script} dispute` }),
  ];
}

/** What can be replayed, and what never can be read. */
function deadEvents(): StoryEvent[] {
  return [
    ...[image, script].map((text) => ({
      ...new Story().stripe('payment_intent.succeeded'),
      eventId: `dead ${text}`,
    })),
    rawEvent('stripe', `{"id":"${link}","type":"${link}"`),
  ];
}

/** A consumer refuses one of the messages about the orders, in its own words. */
async function buryMessage({ database }: Shop): Promise<void> {
  await eventually(async () => {
    const rows = await database.query(
      `update dispatches set status = 'dead', reason = 'consumer_refused', attempts = 3,
         settled_at = now(), attempt_errors = jsonb_build_array(jsonb_build_object(
           'attempt', 3, 'code', 'consumer_refused', 'message', $1::text, 'at', now()))
       where (consumer, message_id) in (
         select consumer, message_id from dispatches where status = 'consumed' limit 1)
       returning 1`,
      [`${image} ${script}`],
    );
    if (rows.length === 0) throw new Error('nobody was told anything yet');
  });
}

async function expectStatus(answering: Promise<CommandAnswer>, ...statuses: readonly number[]) {
  const answer = await answering;
  if (!statuses.includes(answer.status)) {
    throw new Error(`it answered ${answer.status}: ${answer.text}`);
  }
  return answer.json as { readonly id: string };
}
