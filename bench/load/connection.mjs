import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection with one request on its way at a time. It is written by hand because
 * the client shares the cores with what it measures: a general HTTP client takes as much of them
 * as the servers do. It understands answers with a `content-length`, and says so when it meets
 * another one.
 */
export class Connection {
  #socket;
  #received = null;
  #answered = null;

  /** @returns {Promise<Connection>} */
  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Connection(socket)));
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => this.#answer(0));
    socket.removeAllListeners('error').on('error', () => undefined); // `close` follows
  }

  /**
   * @param {Buffer} request the whole request, head and body
   * @param {(status: number, head: string, body: Buffer | null) => void} answered status 0 when the
   * connection broke; the body is a view of what was received
   */
  send(request, answered) {
    this.#answered = answered;
    if (this.#socket.destroyed) this.#answer(0);
    else this.#socket.write(request);
  }

  close() {
    this.#socket.destroy();
  }

  #read(chunk) {
    const received = this.#received === null ? chunk : Buffer.concat([this.#received, chunk]);
    this.#received = received;
    const headBytes = received.indexOf(HEAD_END);
    if (headBytes === -1) return;
    const head = received.latin1Slice(0, headBytes);
    const [, bodyBytes] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    if (bodyBytes === undefined) throw new Error(`an answer without a content-length:\n${head}`);
    const bodyStart = headBytes + HEAD_END.length;
    if (received.length < bodyStart + Number(bodyBytes)) return;
    this.#received = null;
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    this.#answer(status, head, received.subarray(bodyStart));
  }

  #answer(status, head = '', body = null) {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(status, head, body);
  }
}
