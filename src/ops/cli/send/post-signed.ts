import type { ProviderEntry } from '../../../providers/provider-entry.js';
import { CliError } from '../cli-error.js';

/** Where to send signed samples, and signed with what. */
export interface SendTarget {
  readonly entry: ProviderEntry;
  readonly account: string;
  readonly secret: string;
  /** `http://host:port` of the service. */
  readonly url: string;
}

/** A delivery and what the service answered. */
export interface Delivery {
  readonly eventId: string;
  readonly eventType: string;
  readonly status: number;
  readonly answer: string;
}

/** Signs a body as the provider would and posts it. @throws CliError when nobody listens there */
export async function postSigned(target: SendTarget, body: Buffer): Promise<Delivery> {
  const { entry, account, secret, url } = target;
  const headers = entry.sign({ body, secret, signedAtMs: Date.now() });
  const path = account === 'default' ? entry.name : `${entry.name}/${account}`;
  const response = await post(url, `/webhooks/${path}`, {
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

async function post(url: string, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, url), request);
  } catch {
    const message = `nobody answers at ${url}: start the service with npm start`;
    throw new CliError('unreachable', 'unreachable', message);
  }
}
