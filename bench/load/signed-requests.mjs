import { readFileSync } from 'node:fs';
import { signStripeBody } from '../../dist/src/providers/stripe/stripe.sign.js';

const SAMPLE = new URL(
  '../../dist/src/providers/stripe/samples/payment_intent.succeeded.old.json',
  import.meta.url,
);

/** What is unique in each event: its own id, the payment's, the charge's and the order's. */
const UNIQUE_PARTS = ['3TgSample0000000000000036', '1TgSampleOld2001', 'sample-2001'];

/** Numbers of one length make requests of one length, so one buffer holds them all. */
const NUMBER_MIN = 10_000_000;

/** Signed requests, made ahead: the timed window holds no work of the client but sending. */
export class SignedRequests {
  #bytes;
  #requestBytes;

  /** @param {{ capacity: number, secret: string, tag: string }} options `tag`: unique per turn */
  constructor({ capacity, secret, tag }) {
    this.capacity = capacity;
    const sample = readFileSync(SAMPLE, 'utf8');
    const template = UNIQUE_PARTS.reduce((text, part) => text.replaceAll(part, '\0'), sample);
    const pieces = template.split('\0');
    const make = (index) => signedRequest(pieces.join(tag + (NUMBER_MIN + index)), secret);

    this.#requestBytes = make(0).length;
    this.#bytes = Buffer.allocUnsafe(this.#requestBytes * capacity);
    for (let index = 0; index < capacity; index += 1) {
      make(index).copy(this.#bytes, index * this.#requestBytes);
    }
  }

  /** The request of an index below the capacity. */
  at(index) {
    const start = index * this.#requestBytes;
    return this.#bytes.subarray(start, start + this.#requestBytes);
  }
}

/** The id of an event is {@link eventIdPrefix} and this number. */
export function eventNumber(index) {
  return NUMBER_MIN + index;
}

export function eventIdPrefix(tag) {
  return `evt_${tag}`;
}

function signedRequest(text, secret) {
  const body = Buffer.from(text);
  const head = [
    'POST /webhooks/stripe HTTP/1.1',
    'host: 127.0.0.1',
    'accept: */*; q=0.5, application/json',
    'content-type: application/json; charset=utf-8',
    'user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    `content-length: ${body.length}`,
  ];
  for (const entry of Object.entries(signStripeBody({ body, secret, signedAtMs: Date.now() }))) {
    head.push(entry.join(': '));
  }
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
