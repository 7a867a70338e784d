import { segment, type Api } from './api.js';
import type {
  EventDetailView,
  EventView,
  OrderView,
  PageView,
  PaymentView,
  ReviewView,
  TimelineEntryView,
} from './api-views.js';
import { CliError } from './cli-error.js';
import { eventBlocks, eventTable } from './format/format-event.js';
import { decisionBlocks } from './format/format-review.js';
import { orderBlocks, paymentBlocks, paymentTable } from './format/format-payment.js';
import { timelineBlocks } from './format/format-timeline.js';
import type { Cli, Result } from './run-command.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Shows whatever has this id: ours of an event, payment or review, the reference of an order, or the id
 * that a provider gave an event or payment.
 * @throws CliError when nothing has it
 */
export async function showAnything({ api }: Cli, id: string): Promise<Result> {
  const looks = UUID.test(id)
    ? [showEvent, showPayment, showReview, showOrder]
    : [showOrder, showEventsOfProvider, showPaymentsOfProvider];
  for (const look of looks) {
    const found = await look(api, id);
    if (found !== null) return found;
  }
  throw new CliError(
    'not_found',
    'not_found',
    `no event, payment, review or order is known as ${id}`,
  );
}

type PaymentDetailView = PaymentView & { readonly timeline: readonly TimelineEntryView[] };

async function showEvent(api: Api, id: string): Promise<Result | null> {
  const event = await find<EventDetailView>(api, `/v1/events/${segment(id)}`);
  if (event === null) return null;
  const payment =
    event.paymentId === null
      ? null
      : await find<PaymentDetailView>(api, `/v1/payments/${event.paymentId}`);
  const timeline = (payment?.timeline ?? []).filter(({ links }) => links['event'] === event.id);
  return {
    document: { kind: 'event', event, timeline },
    blocks: [...eventBlocks(event), ...timelineBlocks(timeline)],
  };
}

async function showPayment(api: Api, id: string): Promise<Result | null> {
  const found = await find<PaymentDetailView>(api, `/v1/payments/${segment(id)}`);
  if (found === null) return null;
  const { timeline, ...payment } = found;
  return {
    document: { kind: 'payment', payment, timeline },
    blocks: [...paymentBlocks(found), ...timelineBlocks(timeline)],
  };
}

async function showReview(api: Api, id: string): Promise<Result | null> {
  const review = await find<ReviewView>(api, `/v1/reviews/${segment(id)}`);
  if (review === null) return null;
  return { document: { kind: 'review', review }, blocks: decisionBlocks(review) };
}

async function showOrder(api: Api, reference: string): Promise<Result | null> {
  const path = `/v1/orders/${segment(reference)}`;
  const order = await find<OrderView>(api, path);
  if (order === null) return null;
  const { data: timeline } = await api.get<PageView<TimelineEntryView>>(`${path}/timeline`);
  return {
    document: { kind: 'order', order, timeline },
    blocks: [...orderBlocks(order), ...timelineBlocks(timeline)],
  };
}

/** The id of an event is unique for each account of a provider. */
async function showEventsOfProvider(api: Api, eventId: string): Promise<Result | null> {
  const { data } = await api.get<PageView<EventView>>('/v1/events', { eventId });
  const [event, ...others] = data;
  if (event === undefined) return null;
  if (others.length === 0) return showEvent(api, event.id);
  return { document: { kind: 'events', events: data }, blocks: [eventTable(data)] };
}

async function showPaymentsOfProvider(api: Api, id: string): Promise<Result | null> {
  const { data } = await api.get<PageView<PaymentView>>('/v1/payments', { providerPaymentId: id });
  const [payment, ...others] = data;
  if (payment === undefined) return null;
  if (others.length === 0) return showPayment(api, payment.id);
  return { document: { kind: 'payments', payments: data }, blocks: [paymentTable(data)] };
}

async function find<T>(api: Api, path: string): Promise<T | null> {
  try {
    return await api.get<T>(path);
  } catch (error) {
    if (error instanceof CliError && error.code === 'not_found') return null;
    throw error;
  }
}
