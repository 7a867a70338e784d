import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';

/** A connection on which a test writes whatever bytes it likes. */
export interface RawConnection {
  write(bytes: Buffer | string): void;
  /** Everything that was answered so far. */
  received(): string;
  /** Status codes of the answers so far, oldest first. */
  statuses(): number[];
  /** Waits for this many answers. */
  answers(count: number, timeoutMs?: number): Promise<number[]>;
  /** Waits until the other side has closed the connection; returns the status codes it sent. */
  closed(timeoutMs?: number): Promise<number[]>;
  /** Says that nothing more comes. */
  end(): void;
  destroy(): void;
}

/** Opens a connection to `http://host:port`. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  let isClosed = false;
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined); // a reset is one of the answers a test may get
  socket.on('close', () => (isClosed = true));

  const statuses = (): number[] =>
    [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return {
    write: (bytes) => void socket.write(bytes),
    received: () => text,
    statuses,
    answers: (count, timeoutMs = 10_000) =>
      eventually(
        () => {
          expect(statuses().length).toBeGreaterThanOrEqual(count);
          return statuses();
        },
        { timeoutMs },
      ),
    closed: (timeoutMs = 10_000) =>
      eventually(
        () => {
          if (!isClosed) throw new Error(`the connection is still open; so far: ${text}`);
          return statuses();
        },
        { timeoutMs },
      ),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

/** A request head as text, every line as given. */
export function head(requestLine: string, headers: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
  return [requestLine, ...lines, '', ''].join('\r\n');
}
