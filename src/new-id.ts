import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const RANDOM_BYTES = 16;
/** Randomness is asked for in large pieces: the way to it costs more than what it brings. */
const pool = Buffer.alloc(RANDOM_BYTES * 256);
let next = pool.length;
let msecs = 0;
let seq = 0;

/** A new UUID version 7. Those of one process sort as they were made. */
export function newId(): string {
  const random = takeRandom();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    seq = random.readUInt32BE() >>> 1; // the upper half is left to count in
  } else {
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  return v7({ random, msecs, seq });
}

function takeRandom(): Buffer {
  if (next === pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  next += RANDOM_BYTES;
  return pool.subarray(next - RANDOM_BYTES, next);
}
