import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { TollgateError } from '../errors.js';

/** Limits of the bodies that are being received. */
export interface BodyLimits {
  /** Of one body. */
  readonly bytesMax: number;
  /** Of all bodies that are in memory at once. */
  readonly heldBytesMax: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** How much of the body of a delivery is in memory; 0 of anything else. */
    heldBytes: number;
  }
}

type Done = (error: Error | null, body?: Buffer) => void;

/** Receives the bodies of deliveries. */
export interface BodyReceiver {
  /** Says to whom a request is answered: its body is in memory until then. */
  expect(request: FastifyRequest, reply: FastifyReply): void;
  /** Reads the body of a request that was expected. Calls back once. */
  receive(request: FastifyRequest, payload: Readable, done: Done): void;
  /** The body of this request is not needed any more, though it is not answered yet. */
  forget(request: FastifyRequest): void;
}

/**
 * Reads bodies into memory, within a bound for all of them together: who has no secret must not be
 * able to fill it. What counts is what has arrived and not what was announced, so that nobody takes
 * the place of others with bodies that he never sends.
 */
export function createBodyReceiver({ bytesMax, heldBytesMax }: BodyLimits): BodyReceiver {
  let heldBytes = 0;
  const release = (request: FastifyRequest) => {
    heldBytes -= request.heldBytes;
    request.heldBytes = 0;
  };
  return {
    expect(request, reply) {
      reply.raw.on('close', () => {
        release(request);
      });
    },
    forget(request) {
      release(request);
      request.body &&= null;
    },
    receive(request, payload, done) {
      if (Number(request.headers['content-length']) > bytesMax) {
        done(tooLarge());
        return;
      }
      const chunks: Buffer[] = [];
      const onData = (chunk: Buffer) => {
        if (request.heldBytes + chunk.length > bytesMax) end(tooLarge());
        else if (heldBytes + chunk.length > heldBytesMax) end(overloaded());
        else {
          request.heldBytes += chunk.length;
          heldBytes += chunk.length;
          chunks.push(chunk);
        }
      };
      const onEnd = () => {
        end(null);
      };
      const onError = (cause: Error) => {
        end(new TollgateError('bad_request', 'the body broke off', { cause }));
      };
      const end = (error: Error | null) => {
        payload.off('data', onData).off('end', onEnd).off('error', onError);
        if (error === null) done(null, joined(chunks));
        else done(error);
      };
      payload.on('data', onData).on('end', onEnd).on('error', onError);
    },
  };
}

/** Most bodies come in one piece, which is a copy already: of what was on the connection. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

function tooLarge(): TollgateError {
  return new TollgateError('body_too_large', 'the body of a delivery is smaller than this');
}

function overloaded(): TollgateError {
  return new TollgateError('overloaded', 'too many deliveries are being received');
}
