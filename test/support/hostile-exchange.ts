import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Framed } from './hostile-frames.js';

/** One answer, as far as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** What came of writing bytes onto a connection of their own. */
export interface Exchanged {
  readonly answers: readonly RawAnswer[];
  /** Nobody answered and nobody closed: the other side has forgotten us. */
  readonly isHung: boolean;
}

/** Far beyond the time in which the service gives up on a request that does not come. */
const HUNG_MS = 30_000;
/** A head of an answer, its length and what follows. */
const ANSWER = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/;

/**
 * Opens a connection, writes what was framed and waits for the first answer, or for the end of the
 * connection. Never rejects: a reset is one of the things that may happen to us.
 */
export async function exchange(url: string, { pieces, finish }: Framed): Promise<Exchanged> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.setNoDelay(true);
  const hasBodies = pieces[0]?.subarray(0, 5).toString() !== 'HEAD ';
  let received = '';
  let isHung = false;
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
    // One answer is what we came for; whoever answered may now close.
    if (finish === 'answer' && readAnswers(received, hasBodies).length > 0) socket.end();
  });
  socket.on('end', () => socket.destroy());
  // Not events.once, which would take a reset for a failure of ours.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const timer = setTimeout(() => {
    isHung = true;
    socket.destroy();
  }, HUNG_MS);
  await write(socket, pieces);
  if (finish === 'half-close') socket.end();
  if (finish === 'reset') socket.resetAndDestroy();
  await closed;
  clearTimeout(timer);
  return { answers: readAnswers(received, hasBodies), isHung };
}

/** Writes each piece in a turn of its own, so that they do not become one. */
async function write(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  await once(socket, 'connect').catch(() => undefined);
  for (const piece of pieces) {
    if (!socket.writable) return;
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The whole answers in what was received; those that only say "go on" are none. */
function readAnswers(received: string, hasBodies: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = received;
  for (let head = ANSWER.exec(rest); head !== null; head = ANSWER.exec(rest)) {
    const [all, status, headers = ''] = head;
    const length = hasBodies ? Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0) : 0;
    if (rest.length < all.length + length) break;
    const body = rest.slice(all.length, all.length + length);
    rest = rest.slice(all.length + length);
    if (Number(status) >= 200) answers.push({ status: Number(status), body });
  }
  return answers;
}
