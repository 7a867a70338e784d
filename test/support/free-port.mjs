import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what kernels give to whoever asks for any port, and to connections that go out. */
const RANGE = [20_000, 32_000];

/**
 * A port of 127.0.0.1 on which nobody listens, and which nobody gets by chance who asks for none in
 * particular: whoever listens there may stop and come back.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(...RANGE);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
