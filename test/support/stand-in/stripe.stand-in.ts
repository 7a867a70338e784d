import type { JsonObject } from '../../../src/providers/provider.js';
import type { ApiRequest, Handler, ProviderApiStandIn } from './exchange.js';
import { decodeForm } from './form.js';
import { stripeRequestId } from './stripe.events.js';
import { expand, listPage, readMetadata } from './stripe.lists.js';
import type { IntentStatus, StripeCharge } from './stripe.objects.js';
import {
  describeError,
  readInteger,
  readOptional,
  readRequired,
  refuse,
  refuseMissing,
  refuseUnknownParameters,
  refuseWhileActing,
} from './stripe.refusals.js';
import type { StripeRecords } from './stripe.records.js';

export type StripeRoute =
  | 'POST /v1/payment_intents'
  | 'GET /v1/payment_intents'
  | 'GET /v1/payment_intents/:id'
  | 'POST /v1/payment_intents/:id/cancel'
  | 'POST /v1/refunds'
  | 'GET /v1/refunds'
  | 'GET /v1/refunds/:id'
  | 'GET /v1/charges/:id'
  | 'GET /v1/disputes/:id';

const INTENT_PARAMETERS = [
  'amount',
  'automatic_payment_methods',
  'capture_method',
  'currency',
  'customer',
  'description',
  'expand',
  'metadata',
  'payment_method_types',
  'receipt_email',
  'shipping',
  'statement_descriptor_suffix',
];
const REFUND_PARAMETERS = ['amount', 'charge', 'expand', 'metadata', 'payment_intent', 'reason'];
const REFUND_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'];

const CANCELLABLE: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_capture',
  'requires_action',
  'processing',
];

/**
 * Stripe's API over its records, as far as Tollgate asks.
 * @param isAccepted whether an API key is one of the account's
 * @see https://docs.stripe.com/api
 */
export function createStripeStandIn(
  records: StripeRecords,
  isAccepted: (key: string) => boolean,
): ProviderApiStandIn {
  const handlers: Record<StripeRoute, Handler> = {
    'POST /v1/payment_intents': (request) => createIntent(records, request),
    'GET /v1/payment_intents': ({ query }) =>
      listPage(records, '/v1/payment_intents', records.paymentIntents, query, ['customer']),
    'GET /v1/payment_intents/:id': (request) => find(records, records.paymentIntents, request),
    'POST /v1/payment_intents/:id/cancel': (request) => cancelIntent(records, request),
    'POST /v1/refunds': (request) => createRefund(records, request),
    'GET /v1/refunds': ({ query }) =>
      listPage(records, '/v1/refunds', records.refunds, query, ['charge', 'payment_intent']),
    'GET /v1/refunds/:id': (request) => find(records, records.refunds, request),
    'GET /v1/charges/:id': (request) => find(records, records.charges, request),
    'GET /v1/disputes/:id': (request) => find(records, records.disputes, request),
  };

  return {
    handlers,
    parseBody: decodeForm,
    authorize: ({ headers }) => {
      const key = headers.authorization?.replace(/^Bearer /, '') ?? '';
      if (key === '') throw refuse(401, { message: 'You did not provide an API key.' });
      if (!isAccepted(key)) throw refuse(401, { message: 'Invalid API Key provided: sk_…' });
    },
    refuseRoute: ({ method, path }) => {
      throw refuse(404, { message: `Unrecognized request URL (${method}: ${path}).` });
    },
    describeTrouble,
    headersOf: (request) => ({
      'request-id': stripeRequestId(request),
      ...(request.idempotencyKey === null ? {} : { 'idempotency-key': request.idempotencyKey }),
      ...(request.isReplayed ? { 'idempotent-replayed': 'true' } : {}),
    }),
  };
}

function createIntent(records: StripeRecords, request: ApiRequest): unknown {
  const { body } = request;
  refuseUnknownParameters(body, INTENT_PARAMETERS);
  const currency = readRequired(body, 'currency').toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw refuse(400, { param: 'currency', message: `Invalid currency: ${currency}` });
  }
  const intent = records.addIntent(
    {
      amount: readInteger(readRequired(body, 'amount'), 'amount', 1),
      currency,
      metadata: readMetadata(body),
      description: readOptional(body, 'description'),
      receiptEmail: readOptional(body, 'receipt_email'),
      captureMethod: readOptional(body, 'capture_method') ?? 'automatic_async',
    },
    request,
  );
  return expand(records, intent, body['expand']);
}

function cancelIntent(records: StripeRecords, request: ApiRequest): unknown {
  const { body, pathId } = request;
  refuseUnknownParameters(body, ['cancellation_reason', 'expand']);
  const intent = records.paymentIntents.find(({ id }) => id === pathId);
  if (intent === undefined) throw refuseMissing('payment_intent', pathId, 'intent');
  if (!CANCELLABLE.includes(intent.status)) {
    throw refuseWhileActing(400, {
      code: 'payment_intent_unexpected_state',
      message: `You cannot cancel this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: structuredClone(intent),
    });
  }
  records.cancelIntent(intent, readOptional(body, 'cancellation_reason'), request);
  return expand(records, intent, body['expand']);
}

function createRefund(records: StripeRecords, request: ApiRequest): unknown {
  const { body } = request;
  refuseUnknownParameters(body, REFUND_PARAMETERS);
  const reason = readOptional(body, 'reason');
  if (reason !== null && !REFUND_REASONS.includes(reason)) {
    throw refuse(400, { param: 'reason', message: `Invalid reason: ${reason}` });
  }
  const metadata = readMetadata(body);
  const amountText = readOptional(body, 'amount');
  const wanted = amountText === null ? null : readInteger(amountText, 'amount', 1);

  const charge = findChargeToRefund(records, body);
  const leftMinor = charge.amount_captured - records.refundedMinor(charge);
  if (charge.disputed) {
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`;
    throw refuseWhileActing(400, { code: 'charge_disputed', message });
  }
  if (leftMinor === 0) {
    const message = `Charge ${charge.id} has already been refunded.`;
    throw refuseWhileActing(400, { code: 'charge_already_refunded', message });
  }
  const amount = wanted ?? leftMinor;
  if (amount > leftMinor) {
    // Without a code: Stripe gives none here.
    const message = `Refund amount is greater than unrefunded amount on charge (${leftMinor})`;
    throw refuseWhileActing(400, { param: 'amount', message });
  }
  const refund = records.addRefund(charge, { amount, metadata, reason }, request);
  return expand(records, refund, body['expand']);
}

function findChargeToRefund(records: StripeRecords, body: JsonObject): StripeCharge {
  const intentId = readOptional(body, 'payment_intent');
  const chargeId = intentId === null ? readRequired(body, 'charge') : null;
  const intent = records.paymentIntents.find(({ id }) => id === intentId);
  if (intentId !== null && intent === undefined) {
    throw refuseMissing('payment_intent', intentId, 'payment_intent');
  }
  const charge = intent
    ? records.paidCharge(intent.id)
    : records.charges.find(({ id, captured }) => id === chargeId && captured);
  if (charge !== undefined) return charge;
  if (intent === undefined) throw refuseMissing('charge', chargeId ?? '', 'charge');
  const message = `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`;
  throw refuseWhileActing(400, { param: 'payment_intent', message });
}

function find(
  records: StripeRecords,
  objects: readonly { readonly id: string; readonly object: string }[],
  { pathId, query, route }: ApiRequest,
): unknown {
  const object = objects.find(({ id }) => id === pathId);
  if (object !== undefined) return expand(records, object, query['expand']);
  const kind = /v1\/(\w+)s\//.exec(route ?? '')?.[1] ?? 'object';
  throw refuseMissing(kind, pathId, kind === 'payment_intent' ? 'intent' : 'id');
}

function describeTrouble(status: number): unknown {
  switch (status) {
    case 409:
      return describeError({
        code: 'lock_timeout',
        message: 'This object cannot be accessed right now because another request is using it.',
      });
    case 429:
      return describeError({ code: 'rate_limit', message: 'Request rate limit exceeded.' });
    default:
      return describeError({ type: 'api_error', message: 'Something went wrong on our end.' });
  }
}
