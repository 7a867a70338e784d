import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../../../src/providers/provider.js';
import type { ProviderName } from '../../../src/providers/providers.js';
import type { PaystackRoute } from './paystack.stand-in.js';
import type { StandInEvent } from './stand-in.webhooks.js';
import type { StripeRoute } from './stripe.stand-in.js';

/** A call that a stand-in understands, by which faults are programmed. */
export type Route = StripeRoute | PaystackRoute;

/** A request that arrived, and what became of it. */
export interface ApiRequest {
  /** 1, 2, 3… in the order of arrival. */
  readonly number: number;
  readonly provider: ProviderName;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Null: a path that the stand-in does not know. */
  readonly route: Route | null;
  /** What stands where the route says `:id`; empty where it does not. */
  readonly pathId: string;
  readonly query: JsonObject;
  readonly body: JsonObject;
  readonly headers: IncomingHttpHeaders;
  /** Null where none counts: Stripe looks at those of POST, Paystack at none. */
  readonly idempotencyKey: string | null;
  /** What the provider has to tell because of it. */
  readonly events: StandInEvent[];
  /** 1, 2, 3… in the order in which requests took effect; null: it had none. */
  actedAt: number | null;
  /** What was answered; null: nothing, or nothing yet. */
  status: number | null;
  /** True when the answer was that of an earlier request with the same idempotency key. */
  isReplayed: boolean;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
}

/** Acts on a request at once, and returns the body of a 200. */
export type Handler = (request: ApiRequest) => unknown;

/** The provider says no: an answer that is thrown. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    /** Stripe keeps an answer under its key only once it has begun: not for a bad parameter. */
    readonly stage: 'checking' | 'acting',
  ) {
    super(`refused with ${status}`);
  }
}

/** The API of one provider as its stand-in has it. */
export interface ProviderApiStandIn {
  readonly handlers: Readonly<Record<string, Handler>>;
  parseBody(text: string): JsonObject;
  /** @throws Refusal 401 */
  authorize(request: ApiRequest): void;
  /** @throws Refusal 404 */
  refuseRoute(request: ApiRequest): never;
  /** What an error looks like that has nothing to do with the request. */
  describeTrouble(status: number): unknown;
  /** Headers that every answer has. */
  headersOf(request: ApiRequest): Readonly<Record<string, string>>;
}

/** Finds the handler of a path, `POST /v1/payment_intents/:id/cancel` and the like. */
export function findRoute(
  handlers: Readonly<Record<string, Handler>>,
  method: string,
  path: string,
): { route: Route; pathId: string } | null {
  for (const route of Object.keys(handlers)) {
    const [routeMethod, pattern = ''] = route.split(' ');
    const match = new RegExp(`^${pattern.replace(':id', '([^/]+)')}$`).exec(path);
    if (routeMethod === method && match) {
      return { route: route as Route, pathId: decodeURIComponent(match[1] ?? '') };
    }
  }
  return null;
}
