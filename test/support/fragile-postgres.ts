import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { directUrlOf } from './test-pooler.js';

/** One connection to PostgreSQL, as seen from between its two ends. */
export interface FragileConnection {
  readonly application: string;
  /** What the client sent, oldest first: the log-in, then its statements. */
  readonly sent: readonly string[];
  readonly isOpen: boolean;
  /** Whether it was broken by its fate, and not closed by one of its ends. */
  readonly isBroken: boolean;
}

/** What becomes of a connection whose client has just sent something. */
export type Fate = 'kept' | 'broken instead of the answer' | 'broken with the answer';

/** A way to PostgreSQL on which connections break in moments that chance hardly ever hits. */
export interface FragilePostgres {
  readonly url: string;
  readonly connections: readonly FragileConnection[];
  /** Asked whenever a client has sent something; at first every connection is kept. */
  fate: (connection: FragileConnection) => Fate;
  close(): Promise<void>;
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);
/** Type and length of a message. */
const HEADER_BYTES = 5;

/** Listens on a port of its own and passes everything on to that PostgreSQL, past a pooler. */
export async function fragilePostgres(databaseUrl: string): Promise<FragilePostgres> {
  const target = new URL(directUrlOf(databaseUrl) ?? databaseUrl);
  const links: Link[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    links.push(new Link(client, upstream, (link) => postgres.fate(link)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const postgres: FragilePostgres = {
    url: url.href,
    connections: links,
    fate: () => 'kept',
    close: async () => {
      for (const link of links) link.end();
      server.close();
      await once(server, 'close');
    },
  };
  return postgres;
}

class Link implements FragileConnection {
  readonly sent: string[] = [];
  isOpen = true;
  isBroken = false;
  private fate: Fate = 'kept';
  private isAnswered = true;
  private unread = Buffer.alloc(0);

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly decide: (link: Link) => Fate,
  ) {
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // whatever breaks here is what the test is about
      socket.on('close', () => {
        if (!this.isBroken) this.end();
      });
    }
    client.on('data', (bytes) => this.onSent(bytes));
    upstream.on('data', (bytes) => this.onAnswered(bytes));
  }

  get application(): string {
    return /application_name\0([^\0]*)/.exec(this.sent[0] ?? '')?.[1] ?? '';
  }

  end(): void {
    this.isOpen = false;
    this.upstream.destroy();
    this.client.destroy();
  }

  private onSent(bytes: Buffer): void {
    if (this.isBroken) return;
    // What comes before the answer belongs to the same exchange: a password, more of a statement.
    if (this.isAnswered) {
      this.isAnswered = false;
      this.sent.push(bytes.toString('latin1'));
      this.fate = this.decide(this);
    }
    if (this.fate === 'broken instead of the answer') this.break(Buffer.alloc(0));
    else this.upstream.write(bytes);
  }

  private onAnswered(bytes: Buffer): void {
    if (this.isBroken) return;
    this.unread = Buffer.concat([this.unread, bytes]);
    const { length, hasEnd } = wholeMessages(this.unread);
    const answer = this.unread.subarray(0, length);
    this.unread = this.unread.subarray(length);
    if (hasEnd) this.isAnswered = true;
    if (hasEnd && this.fate === 'broken with the answer') this.break(answer);
    else this.client.write(answer);
  }

  /** Says what a server says that is told to end the connection, in one write with `answer`. */
  private break(answer: Buffer): void {
    this.isBroken = true;
    this.isOpen = false;
    this.client.end(Buffer.concat([answer, FAREWELL]));
    this.upstream.destroy();
  }
}

/** How many bytes of whole messages there are, and whether one of them ends an answer. */
function wholeMessages(bytes: Buffer): { length: number; hasEnd: boolean } {
  let length = 0;
  let hasEnd = false;
  while (bytes.length - length >= HEADER_BYTES) {
    const next = length + 1 + bytes.readInt32BE(length + 1);
    if (next > bytes.length) break;
    hasEnd ||= bytes[length] === READY_FOR_QUERY;
    length = next;
  }
  return { length, hasEnd };
}

const FAREWELL = errorMessage({
  S: 'FATAL',
  V: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});

/** @see https://www.postgresql.org/docs/current/protocol-error-fields.html */
function errorMessage(fields: Readonly<Record<string, string>>): Buffer {
  const texts = Object.entries(fields).map(([type, value]) => `${type}${value}\0`);
  const body = Buffer.from(`${texts.join('')}\0`);
  const head = Buffer.alloc(HEADER_BYTES);
  head.write('E');
  head.writeInt32BE(body.length + HEADER_BYTES - 1, 1);
  return Buffer.concat([head, body]);
}
