import type { FastifyReply, FastifyRequest } from 'fastify';
import { execute, type ExecuteContext } from './execute.js';
import { fingerprintRequest } from './fingerprint.js';
import { readIdempotencyKey } from './idempotency-key.js';
import type { Operation } from './operation.js';

/**
 * Answers a request that must carry an `Idempotency-Key`: runs it once, and gives every repetition
 * the stored status, headers and body, marked with `Idempotency-Replayed: true`.
 *
 * @param caller name of the token: keys of different callers have nothing to do with each other
 * @returns true when the answer is the stored one
 * @throws TollgateError as {@link execute} does, and `bad_request`, `idempotency_key_missing`,
 * `idempotency_key_malformed`
 */
export async function answerOnce(
  context: ExecuteContext,
  operation: Operation,
  caller: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const { body = null } = request;
  const params = request.params as Readonly<Record<string, string>>;
  const [path = ''] = request.url.split('?');
  const { response, isReplay } = await execute(context, operation, {
    caller,
    key: readIdempotencyKey(headerValues(request, 'idempotency-key')),
    fingerprint: fingerprintRequest(request.method, path, body),
    params,
    body,
  });
  if (isReplay) reply.header('idempotency-replayed', 'true');
  void reply.status(response.status).headers(response.headers).send(response.body);
  return isReplay;
}

/**
 * The key of a request that may come without one; null: then it is a new one each time.
 * @throws TollgateError `idempotency_key_malformed`
 */
export function optionalKeyOf(request: FastifyRequest): string | null {
  const values = headerValues(request, 'idempotency-key');
  return values.length === 0 ? null : readIdempotencyKey(values);
}

/** Every value of a header, before Node joins them. */
function headerValues(request: FastifyRequest, name: string): string[] {
  const { rawHeaders } = request.raw;
  return rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  );
}
