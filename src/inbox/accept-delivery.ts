import type { FastifyRequest } from 'fastify';
import { SignatureError, TollgateError } from '../errors.js';
import type { PaymentProvider, VerifiedEvent } from '../providers/provider.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { EventReceiver, Receipt } from './receive-event.js';

/** What a delivery needs to be accepted. */
export interface Door {
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly receiver: EventReceiver;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** One delivery while it is accepted; becomes the wide log line. */
interface Delivery {
  readonly provider: string;
  readonly account: string;
  readonly bytes: number;
  readonly startedAt: number;
}

/**
 * Verifies a delivery and records its event. Nothing of it is parsed, stored, queued or logged
 * before the signature is proven.
 *
 * @throws TollgateError `unknown_provider`, `content_encoding_unsupported`, `invalid_signature`,
 * `overloaded`, `storage_unavailable`
 */
export async function acceptDelivery(
  door: Door,
  request: FastifyRequest,
  providerName: string,
  accountName: string,
): Promise<Receipt> {
  const account = accountName.toLowerCase();
  const provider = door.providers.get(providerName);
  if (!provider?.hasAccount(account)) {
    door.metrics.refused.inc({ provider: 'unknown', reason: 'unknown_provider' });
    throw new TollgateError('unknown_provider', 'no such provider or account is configured');
  }
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const startedAt = performance.now();
  const delivery = { provider: provider.name, account, bytes: body.length, startedAt };
  try {
    refuseEncoded(request);
    const signed = { headers: request.headers, body, account, receivedAtMs: Date.now() };
    const event = provider.verify(signed);
    const status = await door.receiver.receive(provider.name, account, event);
    reportAccepted(door, delivery, event, status);
    return status;
  } catch (error) {
    reportRefused(door, delivery, error);
    throw error;
  }
}

/** The signature covers what came over the wire; inflating unproven bytes invites bombs. */
function refuseEncoded(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new TollgateError('content_encoding_unsupported', 'send the body without encoding');
}

function reportAccepted(
  { metrics, logger }: Door,
  { provider, account, bytes, startedAt }: Delivery,
  event: VerifiedEvent,
  status: Receipt,
): void {
  const seconds = (performance.now() - startedAt) / 1000;
  const { eventId, eventType, livemode, secretIndex } = event;
  metrics[status === 'recorded' ? 'received' : 'duplicates'].inc({ provider });
  metrics.secretMatched.inc({ provider, account, index: String(secretIndex) });
  metrics.acknowledgeSeconds.observe({ provider }, seconds);
  logger.info(
    { provider, account, eventId, eventType, livemode, secretIndex, bytes, status, seconds },
    'delivery',
  );
}

/** Why it was refused, in a few words: what is refused often must not fill the log with stacks. */
function causeOf({ message, cause }: TollgateError): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function reportRefused(
  { metrics, logger }: Door,
  { provider, account, bytes }: Delivery,
  error: unknown,
): void {
  const reason =
    error instanceof SignatureError
      ? error.reason
      : error instanceof TollgateError
        ? error.code
        : 'internal_error';
  metrics.refused.inc({ provider, reason });
  const line = { provider, account, bytes, status: 'refused', reason };
  if (error instanceof SignatureError) logger.info(line, 'delivery');
  else if (error instanceof TollgateError)
    logger.warn({ ...line, cause: causeOf(error) }, 'delivery');
  else logger.error({ ...line, error }, 'delivery');
}
