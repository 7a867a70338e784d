import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Once these bytes were sent by a client, what becomes of its connection. */
export interface Cut {
  /** Found in what the client sends, read as Latin-1: the name of a statement, `COMMIT`. */
  readonly pattern: RegExp;
  /**
   * `lose_answer`: the other side gets it all and its answer is lost. `cut_request`: the other side
   * gets a part of it. The connection is reset in either case.
   */
  readonly how: 'lose_answer' | 'cut_request';
  /** Connections that it happens to; then the way is whole again. */
  readonly times: number;
}

/** What a way between two processes is like. The default is a cable. */
export interface Conditions {
  /** Milliseconds for each direction, and how much more at random. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Bytes per second and direction; null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Whatever is sent disappears, and nobody is told. New connections are accepted. */
  readonly isBlackHole: boolean;
  /** New connections are reset at once. */
  readonly isRefusing: boolean;
}

const CABLE: Conditions = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: null,
  isBlackHole: false,
  isRefusing: false,
};
/** Bytes on their way in one direction before the sender has to wait. */
const UNDER_WAY_BYTES_MAX = 1 << 20;

/** A way from one process to another through which everything passes, and on which it may break. */
export class TcpProxy {
  private conditions: Conditions = CABLE;
  private cut: Cut | null = null;
  private cutsMade = 0;
  private readonly links = new Set<Link>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    server.on('connection', (client) => {
      this.accept(client);
    });
  }

  /** Listens on a port of its own on 127.0.0.1 and passes everything on to `target` there. */
  static async to(target: number): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, (server.address() as AddressInfo).port, target);
  }

  /** The address of `url`, through here. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.hostname = '127.0.0.1';
    through.port = String(this.port);
    return through.href;
  }

  get connections(): number {
    return this.links.size;
  }

  set(changes: Partial<Conditions>): void {
    this.conditions = { ...this.conditions, ...changes };
  }

  /** Ends all connections as a crashed machine does: with a reset. */
  reset(): void {
    for (const link of this.links) link.reset();
  }

  /**
   * Both ends keep their connections and neither hears of the other again, as after a firewall that
   * forgot them. New connections work.
   */
  forget(): void {
    for (const link of this.links) link.isForgotten = true;
  }

  cutWhen(cut: Cut): void {
    this.cut = cut;
    this.cutsMade = 0;
  }

  /** How often `cutWhen` has struck since it was asked for. */
  get cuts(): number {
    return this.cutsMade;
  }

  /** A cable again; connections that were forgotten or starved are ended, so that both ends know. */
  heal(): void {
    const wasHoled = this.conditions.isBlackHole;
    this.conditions = CABLE;
    this.cut = null;
    for (const link of this.links) {
      if (wasHoled || link.isForgotten) link.reset();
      else link.hurry();
    }
  }

  async close(): Promise<void> {
    this.reset();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    if (this.conditions.isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, connect(this.target, '127.0.0.1'), {
      conditions: () => this.conditions,
      fateOf: (bytes) => this.fateOf(bytes),
      ended: () => this.links.delete(link),
    });
    this.links.add(link);
  }

  private fateOf(bytes: Buffer): Cut['how'] | null {
    if (this.cut === null || this.cutsMade >= this.cut.times) return null;
    if (!this.cut.pattern.test(bytes.toString('latin1'))) return null;
    this.cutsMade += 1;
    return this.cut.how;
  }
}

interface Surroundings {
  readonly conditions: () => Conditions;
  readonly fateOf: (bytes: Buffer) => Cut['how'] | null;
  readonly ended: () => void;
}

/** One connection through the proxy. */
class Link {
  isForgotten = false;
  private isAnswerLost = false;
  private readonly directions: readonly Direction[];

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly around: Surroundings,
  ) {
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // both ends hear of it by 'close'
      socket.on('close', () => {
        this.end();
      });
    }
    const there = new Direction(client, upstream, around.conditions);
    const back = new Direction(upstream, client, around.conditions);
    this.directions = [there, back];
    client.on('data', (bytes) => {
      this.onSent(bytes, there);
    });
    upstream.on('data', (bytes) => {
      if (this.isAnswerLost) this.reset();
      else if (!this.isSilent()) back.pass(bytes);
    });
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.upstream.resetAndDestroy();
  }

  /** What is late arrives now. */
  hurry(): void {
    for (const direction of this.directions) direction.hurry();
  }

  private onSent(bytes: Buffer, there: Direction): void {
    if (this.isSilent()) return;
    const fate = this.around.fateOf(bytes);
    if (fate === 'cut_request') {
      // Half of it arrives; the end that follows makes it an unfinished message.
      this.upstream.end(bytes.subarray(0, Math.floor(bytes.length / 2)));
      this.client.resetAndDestroy();
      return;
    }
    if (fate === 'lose_answer') this.isAnswerLost = true;
    there.pass(bytes);
  }

  private isSilent(): boolean {
    return this.isForgotten || this.around.conditions().isBlackHole;
  }

  /** One end has closed. Through a hole the other end hears nothing of that. */
  private end(): void {
    const isHeard = !this.isSilent();
    if (isHeard || (this.client.destroyed && this.upstream.destroyed)) {
      this.client.destroy();
      this.upstream.destroy();
      this.around.ended();
    }
  }
}

/** What one end sends, on its way to the other: late, slow, and in order. */
class Direction {
  /** First in, first out: two timers of one moment may fire in either order. */
  private readonly underWay: Buffer[] = [];
  private underWayBytes = 0;
  private freeAtMs = 0;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly conditions: () => Conditions,
  ) {
    to.on('drain', () => this.from.resume());
  }

  pass(bytes: Buffer): void {
    const { latencyMs, jitterMs, bytesPerSecond } = this.conditions();
    const now = performance.now();
    const slowMs = bytesPerSecond === null ? 0 : (bytes.length * 1000) / bytesPerSecond;
    const arrivesAtMs = now + latencyMs + Math.random() * jitterMs + slowMs;
    // Never before what was sent earlier.
    this.freeAtMs = Math.max(arrivesAtMs, this.freeAtMs + slowMs);
    const delayMs = this.freeAtMs - now;
    if (delayMs <= 0 && this.underWay.length === 0) {
      this.arrive(bytes);
      return;
    }
    this.underWay.push(bytes);
    this.underWayBytes += bytes.length;
    if (this.underWayBytes > UNDER_WAY_BYTES_MAX) this.from.pause();
    setTimeout(() => {
      const first = this.underWay.shift();
      if (first === undefined) return; // it had to hurry
      this.underWayBytes -= first.length;
      this.arrive(first);
      if (this.underWayBytes <= UNDER_WAY_BYTES_MAX) this.from.resume();
    }, delayMs);
  }

  /** What is under way arrives now, and what comes then is not held up by it. */
  hurry(): void {
    this.freeAtMs = 0;
    this.underWayBytes = 0;
    for (const bytes of this.underWay.splice(0)) this.arrive(bytes);
    this.from.resume();
  }

  private arrive(bytes: Buffer): void {
    if (this.to.destroyed || this.conditions().isBlackHole) return;
    if (!this.to.write(bytes)) this.from.pause();
  }
}
