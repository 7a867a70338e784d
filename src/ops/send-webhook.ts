import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderEntry } from '../providers/provider-entry.js';

/** Where to send signed samples. */
export interface Target {
  readonly entry: ProviderEntry;
  readonly account: string;
  readonly secret: string;
  /** `http://host:port` of the service. */
  readonly url: string;
  /** For reading what became of the event; null when there is none. */
  readonly token: string | null;
}

/** A delivery and what the service answered. */
export interface Delivery {
  /** Null when the sample would not even verify. */
  readonly eventId: string | null;
  readonly eventType: string;
  readonly status: number;
  readonly answer: string;
}

const WATCH_MS = 15_000;
const PAUSE_MS = 100;

/** Signs a body as the provider would and posts it. @throws Error when nobody listens there */
export async function postSigned(target: Target, body: Buffer): Promise<Delivery> {
  const { entry, account, secret, url } = target;
  const headers = entry.sign({ body, secret, signedAtMs: Date.now() });
  const path = account === 'default' ? entry.name : `${entry.name}/${account}`;
  const response = await reach(url, `/webhooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(body),
  });
  // The same code that verifies at the door says what the event's id is.
  const provider = entry.create({
    secrets: new Map([[account, [secret]]]),
    orderReferenceKey: 'order_id',
    api: null,
  });
  const event = provider.verify({ headers, body, account, receivedAtMs: Date.now() });
  const answer = (await response.text()).trim();
  return { eventId: event.eventId, eventType: event.eventType, status: response.status, answer };
}

/** Waits until an event has an outcome; tells it and the payment it led to. */
export async function watchEvent(target: Target, eventId: string): Promise<string[]> {
  if (target.token === null) return ['set TOLLGATE_TOKEN to see what became of it'];
  const giveUpAtMs = Date.now() + WATCH_MS;
  const query = new URLSearchParams({ provider: target.entry.name, eventId });
  query.set('account', target.account);
  for (;;) {
    const { data } = (await read(target, `/v1/events?${query.toString()}`)) as { data: Event[] };
    const [event] = data;
    if (event?.outcome) return describe(target, event);
    if (Date.now() > giveUpAtMs) return [`${eventId}: no outcome yet; is a worker running?`];
    await delay(PAUSE_MS);
  }
}

interface Event {
  readonly type: string;
  readonly outcome: string | null;
  readonly paymentId: string | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

async function describe(target: Target, event: Event): Promise<string[]> {
  const error = event.lastError ? ` (${event.lastError.code}: ${event.lastError.message})` : '';
  const line = `${event.type}: ${event.outcome ?? ''}${error}`;
  if (event.paymentId === null) return [line];
  const payment = (await read(target, `/v1/payments/${event.paymentId}`)) as object;
  const { facts, timeline, reviews, ...rest } = payment as Record<string, unknown>;
  const shown = { ...rest, refunds: undefined }; // what we asked for: nothing, of a sample
  const reasons = (reviews as { reason: string; status: string }[])
    .filter((one) => one.status === 'open')
    .map((one) => one.reason);
  return [
    line,
    JSON.stringify(shown, null, 2),
    `facts: ${(facts as unknown[]).length}, timeline: ${(timeline as unknown[]).length} entries` +
      (reasons.length > 0 ? `, in review: ${reasons.join(', ')}` : ''),
  ];
}

async function read(target: Target, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${target.token ?? ''}` };
  const response = await reach(target.url, path, { headers });
  if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
  return response.json();
}

async function reach(url: string, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, url), request);
  } catch (error) {
    throw new Error(`nobody answers at ${url}: start the service with npm start`, { cause: error });
  }
}
