import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createBodyReceiver, type BodyReceiver } from '../../../src/inbox/receive-body.js';

describe('the receiver of bodies, with room for ten bytes', () => {
  let bodies: BodyReceiver;

  beforeEach(() => {
    bodies = createBodyReceiver({ bytesMax: 10, heldBytesMax: 10 });
  });

  /** A request whose body has arrived; it is not answered yet. */
  async function arrived(body: string) {
    const raw = new EventEmitter();
    const request = { headers: {}, heldBytes: 0 } as FastifyRequest;
    const payload = new PassThrough();
    bodies.expect(request, { raw } as unknown as FastifyReply);
    request.body = await new Promise((resolve, reject) => {
      bodies.receive(request, payload, (error, received) => {
        if (error) reject(error);
        else resolve(received);
      });
      payload.end(body);
    });
    return { request, answer: () => raw.emit('close') };
  }

  const overloaded = { code: 'overloaded' };

  it('has room again when a request was answered', async () => {
    const { request, answer } = await arrived('12345678');
    expect(String(request.body)).toBe('12345678');
    await expect(arrived('123')).rejects.toMatchObject(overloaded);
    answer();
    await arrived('123');
  });

  it('has room again for what nobody needs any more, once', async () => {
    const { request, answer } = await arrived('12345678');
    bodies.forget(request);
    expect(request.body).toBeNull();
    await arrived('1234567');
    answer(); // it held nothing any more
    await expect(arrived('1234')).rejects.toMatchObject(overloaded);
    await arrived('123');
  });

  it('forgets nothing of whom it never expected', () => {
    const request = { headers: {}, heldBytes: 0 } as FastifyRequest;
    bodies.forget(request);
    expect(request.body).toBeUndefined();
  });
});
