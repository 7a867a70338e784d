import { peekPayload } from '../../../src/providers/payload.js';
import type { JsonObject } from '../../../src/providers/provider.js';
import { type ApiRequest, type Handler, type ProviderApiStandIn, Refusal } from './exchange.js';
import type { PaystackRecords } from './paystack.records.js';

export type PaystackRoute =
  | 'POST /transaction/initialize'
  | 'GET /transaction/verify/:id'
  | 'GET /transaction/:id'
  | 'POST /refund'
  | 'GET /refund'
  | 'GET /refund/:id';

const PER_PAGE_DEFAULT = 50;
const PER_PAGE_MAX = 100;

/**
 * Paystack's API over its records, as far as Tollgate asks. It has no idempotency keys: its
 * reference protects a transaction, nothing a refund.
 * @param isAccepted whether an API key is one of the integration's
 * @see https://paystack.com/docs/api/
 */
export function createPaystackStandIn(
  records: PaystackRecords,
  isAccepted: (key: string) => boolean,
): ProviderApiStandIn {
  const handlers: Record<PaystackRoute, Handler> = {
    'POST /transaction/initialize': (request) => initialize(records, request),
    'GET /transaction/verify/:id': ({ pathId }) => {
      const transaction = records.find(pathId);
      if (transaction?.reference !== pathId) {
        throw refuse(404, 'Transaction reference not found.', 'transaction_not_found');
      }
      return succeed('Verification successful', transaction);
    },
    'GET /transaction/:id': ({ pathId }) => {
      const transaction = records.find(pathId);
      if (transaction === null || String(transaction.id) !== pathId) {
        throw refuse(404, 'Transaction not found', 'transaction_not_found');
      }
      return succeed('Transaction retrieved', transaction);
    },
    'POST /refund': (request) => createRefund(records, request),
    'GET /refund': ({ query }) => listRefunds(records, query),
    'GET /refund/:id': ({ pathId }) => {
      const refund = records.refunds.find(({ id }) => String(id) === pathId);
      if (refund !== undefined) return succeed('Refund retrieved', refund);
      throw refuse(404, 'Refund not found', 'refund_not_found');
    },
  };

  return {
    handlers,
    parseBody,
    authorize: ({ headers }) => {
      const key = headers.authorization?.replace(/^Bearer /, '') ?? '';
      if (!isAccepted(key)) throw refuse(401, 'Invalid key', 'invalid_Key');
    },
    refuseRoute: () => {
      throw refuse(404, 'The requested endpoint does not exist', 'not_found');
    },
    describeTrouble: (status) => ({
      status: false,
      message: status === 429 ? 'Too many requests' : 'An error occurred',
      type: 'api_error',
    }),
    headersOf: () => ({}),
  };
}

function initialize(records: PaystackRecords, { body }: ApiRequest): unknown {
  const email = readText(body, 'email');
  if (!email?.includes('@')) throw refuse(400, 'Invalid Email Address Passed', 'invalid_params');
  const amount = readAmount(body);
  if (amount === null) throw refuse(400, 'Invalid Amount Sent', 'invalid_params');
  const reference = readText(body, 'reference');
  if (reference !== null && !/^[\w.=-]+$/.test(reference)) {
    throw refuse(400, 'Invalid characters in the reference', 'invalid_params');
  }
  if (reference !== null && records.find(reference) !== null) {
    throw refuse(400, 'Duplicate Transaction Reference', 'duplicate_reference');
  }
  const currency = readText(body, 'currency') ?? 'NGN';
  const metadata = body['metadata'] ?? '';
  const transaction = records.addTransaction({ reference, amount, currency, email, metadata });
  const accessCode = `access${transaction.id}`;
  return succeed('Authorization URL created', {
    authorization_url: `https://checkout.paystack.example/${accessCode}`,
    access_code: accessCode,
    reference: transaction.reference,
  });
}

function createRefund(records: PaystackRecords, request: ApiRequest): unknown {
  const { body } = request;
  const transaction = records.find(readText(body, 'transaction') ?? '');
  if (transaction === null) throw refuse(404, 'Transaction not found', 'transaction_not_found');
  if (transaction.paid_at === null) {
    throw refuse(
      400,
      'Only a successful transaction can be refunded',
      'transaction_not_successful',
    );
  }
  const leftMinor = transaction.amount - records.refundedMinor(transaction);
  if (leftMinor === 0) {
    throw refuse(400, 'Transaction has been fully reversed', 'transaction_reversed', 'api_error');
  }
  const amount = body['amount'] === undefined ? leftMinor : readAmount(body);
  if (amount === null) throw refuse(400, 'Invalid Amount Sent', 'invalid_params');
  if (amount > leftMinor) {
    throw refuse(400, 'Refund amount cannot be more than what is left', 'invalid_amount');
  }
  const note = `Refund for transaction ${transaction.reference}`;
  const input = {
    amount,
    merchantNote: readText(body, 'merchant_note') ?? note,
    customerNote: readText(body, 'customer_note') ?? note,
  };
  const refund = records.addRefund(transaction, input, request);
  return succeed('Refund has been queued for processing', { ...refund, transaction });
}

/** By the number of the transaction; a reference finds nothing. */
function listRefunds(records: PaystackRecords, query: JsonObject): unknown {
  const transactionId = readText(query, 'transaction');
  const matching = records.refunds
    .filter(({ transaction }) => transactionId === null || String(transaction) === transactionId)
    .reverse();
  const perPage = Math.min(Number(query['perPage'] ?? PER_PAGE_DEFAULT), PER_PAGE_MAX);
  const page = Number(query['page'] ?? 1);
  const skipped = (page - 1) * perPage;
  const total = matching.length;
  return {
    ...succeed('Refunds retrieved', matching.slice(skipped, skipped + perPage)),
    meta: { total, skipped, perPage, page, pageCount: Math.ceil(total / perPage) },
  };
}

/** Anything that is no JSON object says nothing, and is refused for what is missing. */
function parseBody(text: string): JsonObject {
  return peekPayload(Buffer.from(text)) ?? {};
}

function succeed(message: string, data: object) {
  return { status: true, message, data: structuredClone(data) };
}

function refuse(status: number, message: string, code: string, type = 'validation_error') {
  return new Refusal(status, { status: false, message, type, code }, 'acting');
}

/** Text, or a number as text; null when there is none. */
function readText(params: JsonObject, name: string): string | null {
  const value = params[name];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function readAmount(body: JsonObject): number | null {
  const text = readText(body, 'amount') ?? '';
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}
