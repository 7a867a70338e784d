import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const PORT_MAX = 65_535;

/**
 * The port used last time, so that a note of the URL stays true; a free one when it is taken.
 * @param reservedPort is left to the service itself, which listens only later; null: none
 */
export async function choosePort(portFile: string, reservedPort: number | null): Promise<number> {
  const remembered = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  const usable = Number.isInteger(remembered) && remembered > 0 && remembered <= PORT_MAX;
  const isOurs = usable && remembered !== reservedPort;
  return (isOurs ? await bind(remembered) : null) ?? findFreePort(reservedPort);
}

/** Remembers the port for the next start. */
export function rememberPort(portFile: string, port: number): void {
  const draft = `${portFile}.${process.pid}`;
  writeFileSync(draft, `${port}\n`);
  renameSync(draft, portFile);
}

/** Tells whether nobody listens on this port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await bind(port)) !== null;
}

async function findFreePort(reservedPort: number | null): Promise<number> {
  const port = await bind(0);
  if (port === null) throw new Error('There is no free port on 127.0.0.1.');
  return port === reservedPort ? findFreePort(reservedPort) : port;
}

/** Listens for a moment; null when the port is taken. Port 0 stands for any free one. */
function bind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? null) : null));
    });
  });
}
