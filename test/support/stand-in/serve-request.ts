import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderName } from '../../../src/providers/providers.js';
import {
  type Answer,
  type ApiRequest,
  findRoute,
  type ProviderApiStandIn,
  Refusal,
} from './exchange.js';
import type { Fault, Faults, TroubleFault } from './faults.js';
import { decodeForm } from './form.js';
import type { IdempotencyKeys } from './idempotency-keys.js';
import type { StandInWebhooks } from './stand-in.webhooks.js';

/** Called with a request, and awaited before the request goes on. */
export type RequestHook = (request: ApiRequest) => void | Promise<void>;

/** What a request passes on its way. */
export interface Line {
  readonly apis: Readonly<Record<ProviderName, ProviderApiStandIn>>;
  readonly faults: Faults;
  readonly webhooks: StandInWebhooks;
  readonly stripeKeys: IdempotencyKeys;
  /** Every request, in the order of arrival. */
  readonly requests: ApiRequest[];
  readonly requestHooks: RequestHook[];
  readonly actedHooks: RequestHook[];
  readonly now: () => number;
  /** Aborted when the stand-in closes. */
  readonly closing: AbortSignal;
  requestCount: number;
  actionCount: number;
}

/** What is sent: a provider's answer, or what came in its place. */
interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const GARBAGE: Reply = { status: 200, type: 'text/html', text: '<html><p>Please wait…</html>' };

/**
 * One request from its arrival to its answer: the hook, the fault, the key, the handler, the hook,
 * the webhooks, the answer. Everything that acts does so at once, so requests do not interleave but
 * where a fault makes them wait.
 */
export async function serveRequest(
  line: Line,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const text = await readText(incoming);
  if (text === null) return;
  const request = recordRequest(line, incoming, text);
  for (const hook of line.requestHooks) await hook(request);

  const fault = line.faults.take(request.route);
  if (fault?.kind === 'timeout-before') return;
  if (fault?.kind === 'reset-before') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'status-before' && !isKept(fault)) {
    send(line, request, outgoing, troubleReply(line, request, fault));
    return;
  }

  const answer = await findAnswer(line, request, fault);
  const hooks = request.actedAt === null ? [] : line.actedHooks;
  for (const hook of hooks) await hook(request);
  await line.webhooks.beforeAnswer(request);
  await reply(line, request, outgoing, answer, fault);
  line.webhooks.afterAnswer(request);
}

async function findAnswer(line: Line, request: ApiRequest, fault: Fault | null): Promise<Answer> {
  const api = line.apis[request.provider];
  try {
    api.authorize(request);
    if (request.route === null) return api.refuseRoute(request);
    const earlier = line.stripeKeys.begin(request);
    request.isReplayed = earlier !== null;
    if (fault?.kind === 'slow') await delay(fault.delayMs, null, { signal: line.closing });
    if (fault?.kind === 'gate-before') await fault.gate.pass();
    return earlier ?? act(line, request, request.route, fault);
  } catch (error) {
    return asRefusal(error);
  }
}

/** Acts at once, and keeps the answer under the key. */
function act(line: Line, request: ApiRequest, route: string, fault: Fault | null): Answer {
  const trouble = isTrouble(fault) ? describeTrouble(line, request, fault) : null;
  const keep = (answer: Answer | null): void => line.stripeKeys.finish(request, answer);
  if (fault?.kind === 'status-before' && trouble !== null) {
    keep(trouble);
    return trouble;
  }
  try {
    const answer = { status: 200, body: line.apis[request.provider].handlers[route]!(request) };
    if (request.method === 'POST') request.actedAt = line.actionCount += 1;
    keep(isTrouble(fault) && isKept(fault) ? trouble : answer);
    return answer;
  } catch (error) {
    const refusal = asRefusal(error);
    keep(refusal.stage === 'acting' ? refusal : null);
    return refusal;
  }
}

async function reply(
  line: Line,
  request: ApiRequest,
  outgoing: ServerResponse,
  answer: Answer,
  fault: Fault | null,
): Promise<void> {
  switch (fault?.kind) {
    case 'timeout-after':
      return;
    case 'reset-after':
      outgoing.socket?.resetAndDestroy();
      return;
    case 'garbage':
      send(line, request, outgoing, GARBAGE);
      return;
    case 'status-after':
      send(line, request, outgoing, troubleReply(line, request, fault));
      return;
    case 'gate-after':
      await fault.gate.pass();
      break;
    default:
  }
  send(line, request, outgoing, asReply(answer));
}

function send(line: Line, request: ApiRequest, outgoing: ServerResponse, reply: Reply): void {
  request.status = reply.status;
  outgoing.writeHead(reply.status, {
    date: new Date(line.now()).toUTCString(),
    'content-type': reply.type,
    'content-length': Buffer.byteLength(reply.text),
    ...line.apis[request.provider].headersOf(request),
    ...reply.headers,
  });
  outgoing.end(reply.text);
}

function recordRequest(line: Line, incoming: IncomingMessage, text: string): ApiRequest {
  const { method = 'GET', url = '/', headers } = incoming;
  const { pathname: path, search } = new URL(url, 'http://stand-in');
  const provider = path.startsWith('/v1/') ? 'stripe' : 'paystack';
  const api = line.apis[provider];
  const found = findRoute(api.handlers, method, path);
  const request: ApiRequest = {
    number: (line.requestCount += 1),
    provider,
    method,
    path,
    route: found?.route ?? null,
    pathId: found?.pathId ?? '',
    query: decodeForm(search),
    body: api.parseBody(text),
    headers,
    idempotencyKey: provider === 'stripe' && method === 'POST' ? readKey(headers) : null,
    events: [],
    actedAt: null,
    status: null,
    isReplayed: false,
  };
  line.requests.push(request);
  return request;
}

function readKey({ 'idempotency-key': key }: IncomingHttpHeaders): string | null {
  return typeof key === 'string' && key !== '' ? key : null;
}

/** Null when the client gives up before it has said all. */
async function readText(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return null;
  }
}

function isTrouble(fault: Fault | null): fault is TroubleFault {
  return fault?.kind === 'status-before' || fault?.kind === 'status-after';
}

function isKept({ kept, status = 500 }: TroubleFault): boolean {
  return kept === undefined ? status === 500 : kept === 'under-key';
}

function describeTrouble(line: Line, request: ApiRequest, { status = 500 }: TroubleFault): Answer {
  return { status, body: line.apis[request.provider].describeTrouble(status) };
}

function troubleReply(line: Line, request: ApiRequest, fault: TroubleFault): Reply {
  return { ...asReply(describeTrouble(line, request, fault)), headers: fault.headers ?? {} };
}

function asReply({ status, body }: Answer): Reply {
  return { status, type: 'application/json', text: JSON.stringify(body) };
}

/** @throws whatever it is when the provider did not mean to say no */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}
