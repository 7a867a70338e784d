import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';

/** Answers a host's addresses, as `lookup` of `node:dns/promises` does. */
export type Resolve = (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

/** Nothing was connected to: the host is, or also is, at an address that is not allowed. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';

  constructor() {
    super('the host is at an address that is not allowed');
  }
}

export interface ConnectorOptions {
  /** For the name to be resolved, the connection to stand, and TLS to be agreed. */
  readonly timeoutMs: number;
  /** Ends every connection, also one that does not stand yet. */
  readonly signal: AbortSignal;
  readonly resolve: Resolve;
  readonly isAllowed: (address: string) => boolean;
}

/** What undici makes returns the connection, although its type does not say so. */
type ReturningConnector = (...args: Parameters<buildConnector.connector>) => Socket;

/**
 * Makes connections, to allowed addresses only. A name is resolved once, by the connection itself,
 * and what was checked is what is connected to. So a name that changes its address between a check
 * and the use (DNS rebinding) gains nothing. One address that is not allowed spoils the others.
 *
 * A refused connection fails with {@link AddressRefusedError}.
 */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { timeoutMs, signal, isAllowed } = options;
  const connect = buildConnector({
    timeout: timeoutMs,
    lookup: createLookup(options),
  }) as ReturningConnector;
  const open = new Set<Socket>();
  const end = (socket: Socket) => socket.destroy(new Error('nothing is sent any more'));
  signal.addEventListener('abort', () => {
    for (const socket of open) end(socket);
  });
  return (target, callback) => {
    // An address needs no lookup, so it would pass by the check in there.
    if (isIP(target.hostname) !== 0 && !isAllowed(target.hostname)) {
      callback(new AddressRefusedError(), null);
      return;
    }
    // Given the signal itself, Node would hold on to every connection until it is aborted, also to
    // those that are long closed.
    const socket = connect(target, callback);
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
    });
    if (signal.aborted) end(socket);
  };
}

/** What a connection asks for addresses. It may ask for all of them, or for one. */
function createLookup({ resolve, isAllowed }: ConnectorOptions): LookupFunction {
  const findAllowed: Resolve = async (hostname, options) => {
    const addresses = await resolve(hostname, options);
    if (addresses.length === 0) throw new Error('the host has no address');
    if (addresses.every(({ address }) => isAllowed(address))) return addresses;
    throw new AddressRefusedError();
  };
  return (hostname, options, callback) => {
    findAllowed(hostname, { ...options, all: true }).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, []),
    );
  };
}
