import { Pool, type Dispatcher } from 'undici';
import { TollgateError } from '../../errors.js';
import { newestKeys, ofAccount } from '../api-keys.js';
import { createCallPolicy } from '../call-policy.js';
import { readAnswerTime } from '../observation.js';
import { asObject } from '../payload.js';
import type { ApiOptions } from '../provider-api.js';
import { connectionFailure, type Access } from '../provider-errors.js';
import type { JsonObject } from '../provider.js';
import { classifyPaystackAnswer } from './paystack.errors.js';

const BASE_URL = 'https://api.paystack.co';

/** Far more than a page of refunds has. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** One request. */
export interface PaystackRequest {
  readonly account: string;
  /** With its query. */
  readonly path: string;
}

/** An answer that says `"status": true`. */
export interface PaystackAnswer {
  readonly data: unknown;
  /** What is told of the pages of a list; empty for any other answer. */
  readonly meta: JsonObject;
  /** By Paystack's clock, whole seconds since 1970. */
  readonly answeredAtSeconds: number;
}

/** Paystack's API over HTTP, behind the call policy. */
export interface PaystackClient {
  /** @throws TollgateError as {@link ProviderApi} says */
  get(request: PaystackRequest): Promise<PaystackAnswer>;
  /**
   * @param before runs when it is the request's turn; when it throws, nothing is asked
   * @throws as `get`
   */
  post(
    request: PaystackRequest,
    body: JsonObject,
    before: () => Promise<void>,
  ): Promise<PaystackAnswer>;
}

/** One pool of connections for all accounts. Idle connections keep no process alive. */
export function createPaystackClient(options: ApiOptions): PaystackClient {
  const { timeoutMs } = options;
  const keys = newestKeys(options);
  const policy = createCallPolicy('paystack', options);
  const pool = new Pool(options.baseUrl ?? BASE_URL, {
    connections: options.concurrencyMax,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: ANSWER_BYTES_MAX,
  });

  const request = async (
    access: Access,
    { account, path }: PaystackRequest,
    body: JsonObject | null,
    before: () => Promise<void> = () => Promise.resolve(),
  ): Promise<PaystackAnswer> => {
    const headers = {
      authorization: `Bearer ${ofAccount(keys, account)}`,
      accept: 'application/json',
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    };
    return policy.run(access, async (signal) => {
      await before();
      try {
        const answer = await pool.request({
          path,
          method: body === null ? 'GET' : 'POST',
          headers,
          body: body === null ? null : JSON.stringify(body),
          signal,
        });
        return await readAnswer(answer, access);
      } catch (error) {
        throw error instanceof TollgateError ? error : connectionFailure('paystack', access, error);
      }
    });
  };

  return {
    get: (target) => request('read', target, null),
    post: (target, body, before) => request('write', target, body, before),
  };
}

/** A redirect is no answer: it is not followed, since the key would go along. */
async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  access: Access,
): Promise<PaystackAnswer> {
  const json = parseJson(await body.text());
  const answer = asObject(json);
  if (statusCode < 200 || statusCode >= 300 || answer?.['status'] !== true) {
    throw classifyPaystackAnswer(statusCode, json, access);
  }
  return {
    data: answer['data'],
    meta: asObject(answer['meta']) ?? {},
    answeredAtSeconds: readAnswerTime(headers['date']),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
