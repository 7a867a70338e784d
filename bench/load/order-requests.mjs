import { randomUUID } from 'node:crypto';

/** Numbers of one length make requests of one length, so one buffer holds them all. */
const NUMBER_MIN = 10_000_000;

/** Requests that create orders, made ahead; each has a key and an order of its own. */
export class OrderRequests {
  #bytes;
  #requestBytes;
  #tag;

  /** @param {{ capacity: number, token: string, tag: string }} options `tag`: unique per turn */
  constructor({ capacity, token, tag }) {
    this.capacity = capacity;
    this.#tag = tag;
    const make = (index) => orderRequest(this.referenceOf(index), token);
    this.#requestBytes = make(0).length;
    this.#bytes = Buffer.allocUnsafe(this.#requestBytes * capacity);
    for (let index = 0; index < capacity; index += 1) {
      make(index).copy(this.#bytes, index * this.#requestBytes);
    }
  }

  /** The request of an index below the capacity. */
  at(index) {
    if (index >= this.capacity) throw new Error('too few requests were made');
    const start = index * this.#requestBytes;
    return this.#bytes.subarray(start, start + this.#requestBytes);
  }

  referenceOf(index) {
    return `order-${this.#tag}-${NUMBER_MIN + index}`;
  }
}

/** With a random key, as clients make them: neighbours in time are not neighbours in the index. */
function orderRequest(reference, token) {
  const body = Buffer.from(
    JSON.stringify({
      reference,
      currency: 'EUR',
      amountDueMinor: 4999,
      metadata: { cart: `cart-of-${reference}`, channel: 'web' },
    }),
  );
  const head = [
    'POST /v1/orders HTTP/1.1',
    'host: 127.0.0.1',
    'accept: application/json',
    'content-type: application/json',
    `authorization: Bearer ${token}`,
    `idempotency-key: ${randomUUID()}`,
    `content-length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
