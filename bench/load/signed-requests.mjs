import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { digestStripePayload } from '../../dist/src/providers/stripe/stripe.signature.js';

const SAMPLE = new URL(
  '../../dist/src/providers/stripe/samples/payment_intent.succeeded.old.json',
  import.meta.url,
);

/** What is unique in each event: its own id, the payment's, the charge's and the order's. */
const UNIQUE_PARTS = ['3TgSample0000000000000036', '1TgSampleOld2001', 'sample-2001'];

/** Numbers of one length make requests of one length, so one buffer holds them all. */
const NUMBER_MIN = 10_000_000;
const NUMBER_DIGITS = String(NUMBER_MIN).length;
const TIMESTAMP_DIGITS = 10;
const DIGEST_DIGITS = 64;

/**
 * Signed requests. The first ones are made ahead, so that the timed window holds no work of the
 * client but sending; those beyond are made when they are asked for, for windows of minutes.
 */
export class SignedRequests {
  #ahead;
  #template;

  /** @param {{ ahead: number, secret: string, tag: string }} options `tag`: unique per turn */
  constructor({ ahead, secret, tag }) {
    this.#template = new RequestTemplate(tag, secret);
    const { bytes } = this.#template;
    this.#ahead = Buffer.allocUnsafe(bytes * ahead);
    for (let index = 0; index < ahead; index += 1) this.#template.write(index, this.#slot(index));
  }

  /** The request of an index; the same bytes whenever it is asked for, but for the time. */
  at(index) {
    const { bytes } = this.#template;
    if ((index + 1) * bytes <= this.#ahead.length) return this.#slot(index);
    const request = Buffer.allocUnsafe(bytes);
    this.#template.write(index, request);
    return request;
  }

  #slot(index) {
    const { bytes } = this.#template;
    return this.#ahead.subarray(index * bytes, (index + 1) * bytes);
  }
}

/** The id of an event is {@link eventIdPrefix} and this number. */
export function eventNumber(index) {
  return NUMBER_MIN + index;
}

export function eventIdPrefix(tag) {
  return `evt_${tag}`;
}

/** The body of an event with this in place of its unique number. */
export function eventText(tag, number) {
  const sample = readFileSync(SAMPLE, 'utf8');
  return UNIQUE_PARTS.reduce((text, part) => text.replaceAll(part, `${tag}${number}`), sample);
}

/** One request, in which only digits change from event to event. */
class RequestTemplate {
  #request;
  #bodyStart;
  #numbers;
  #timestamp;
  #digest;
  #key;

  constructor(tag, secret) {
    const body = eventText(tag, NUMBER_MIN);
    const signature = `t=${'0'.repeat(TIMESTAMP_DIGITS)},v1=${'0'.repeat(DIGEST_DIGITS)}`;
    const head = headOf(Buffer.byteLength(body), signature);
    this.#request = Buffer.from(head + body);
    this.#bodyStart = Buffer.byteLength(head);
    this.#numbers = placesOf(this.#request, `${tag}${NUMBER_MIN}`).map((at) => at + tag.length);
    this.#timestamp = head.indexOf('t=0') + 't='.length;
    this.#digest = head.indexOf('v1=0') + 'v1='.length;
    this.#key = createSecretKey(secret, 'utf8');
  }

  get bytes() {
    return this.#request.length;
  }

  /** Writes the request of an index, signed now. */
  write(index, target) {
    this.#request.copy(target);
    const digits = String(NUMBER_MIN + index);
    if (digits.length !== NUMBER_DIGITS) throw new Error('there are no more numbers');
    for (const at of this.#numbers) target.latin1Write(digits, at);
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const body = target.subarray(this.#bodyStart);
    const digest = digestStripePayload(this.#key, timestampSeconds, body);
    target.latin1Write(String(timestampSeconds), this.#timestamp);
    target.latin1Write(digest.toString('hex'), this.#digest);
  }
}

function headOf(bodyBytes, signature) {
  const lines = [
    'POST /webhooks/stripe HTTP/1.1',
    'host: 127.0.0.1',
    'accept: */*; q=0.5, application/json',
    'content-type: application/json; charset=utf-8',
    'user-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    `content-length: ${bodyBytes}`,
    `stripe-signature: ${signature}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function placesOf(bytes, text) {
  const places = [];
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) places.push(at);
  return places;
}
