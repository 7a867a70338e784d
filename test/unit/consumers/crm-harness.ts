import { webcrypto } from 'node:crypto';
import type { Message } from '../../../src/outbox/message.js';
import type { CrmOptions } from '../../../src/consumers/crm/crm.consumer.js';
import type { SeenRequest } from '../providers/scripted-server.js';

/** 24 bytes, as the examples of Standard Webhooks use them. */
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OLD_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Options of a consumer in a test: nothing in them takes long. */
export function crmOptions(url: string, changes: Partial<CrmOptions> = {}): CrmOptions {
  return {
    url,
    secrets: [SECRET],
    types: ['*'],
    timeoutMs: 5000,
    allowPrivate: true,
    breakerFailures: 100,
    breakerPauseMs: 60_000,
    ...changes,
  };
}

/** A message as the outbox makes them, with letters that take more than a byte each. */
export function aMessage(changes: Partial<Message> = {}): Message {
  return {
    specversion: '1.0',
    id: '0198f6a2-6c1e-7c3a-9d53-0d6a3f0f4a11',
    source: '/tollgate',
    type: 'order.paid',
    subject: 'order-1',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'https://example.com/schemas/order.json',
    aggregate: 'order',
    aggregateid: '0198f6a2-6c1e-7c3a-9d53-0d6a3f0f4a12',
    aggregateversion: 3,
    data: { order: { reference: 'order-1', metadata: { note: 'naïve ₦5000 ✓' } } },
    ...changes,
  };
}

/**
 * Whether a receiver that knows one secret accepts a request. Written after the specification, upon
 * another implementation of HMAC than the one under test.
 */
export async function accepts(secret: string, request: SeenRequest): Promise<boolean> {
  const { headers, body } = request;
  const id = String(headers['webhook-id']);
  const timestamp = String(headers['webhook-timestamp']);
  if (!/^\d+$/.test(timestamp)) return false;
  const bytes = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const encoded = /^whsec_(.*)$/.exec(secret)?.[1];
  const raw = Buffer.from(encoded ?? secret, encoded === undefined ? 'utf8' : 'base64');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await webcrypto.subtle.importKey('raw', raw, algorithm, false, ['verify']);
  const signatures = String(headers['webhook-signature']).split(' ');
  const verdicts = signatures.map(async (signature) => {
    const [version, digest = ''] = signature.split(',');
    if (version !== 'v1') return false;
    return webcrypto.subtle.verify('HMAC', key, Buffer.from(digest, 'base64'), bytes);
  });
  return (await Promise.all(verdicts)).includes(true);
}
