import type { RedisOptions } from 'ioredis';
import { SentinelConnector, StandaloneConnector } from 'ioredis/built/connectors/index.js';
import type { Socket } from 'node:net';

type Connector = NonNullable<RedisOptions['Connector']>;
type StandaloneOptions = ConstructorParameters<typeof StandaloneConnector>[0];
type SentinelOptions = ConstructorParameters<typeof SentinelConnector>[0];

const LOOK_MS = 250;

/**
 * What ioredis connects with, so that a connection ends on which nothing is answered for so long:
 * somebody on the way may have forgotten it, and then neither side would ever hear of that. The
 * option `socketTimeout` of ioredis would do it too, but its timer outlives its connection: it ends
 * the next one as well, and keeps a process from ending.
 */
export function connectorWithin(silenceMs: number): Connector {
  return class extends StandaloneConnector {
    constructor(options: unknown) {
      super(options as StandaloneOptions);
    }

    override async connect(...args: Parameters<StandaloneConnector['connect']>) {
      const stream = await super.connect(...args);
      endWhenSilent(stream, silenceMs);
      return stream;
    }
  };
}

/** The same to the master that Sentinels name, who are asked anew for each connection. */
export function sentinelConnectorWithin(silenceMs: number): Connector {
  return class extends SentinelConnector {
    constructor(options: unknown) {
      super(options as SentinelOptions);
    }

    override async connect(...args: Parameters<SentinelConnector['connect']>) {
      const stream = await super.connect(...args);
      endWhenSilent(stream, silenceMs);
      return stream;
    }
  };
}

/** Looks are counted instead of time: during a pause of our own process nobody looks. */
function endWhenSilent(stream: Socket, silenceMs: number): void {
  let answeredBytes = 0;
  let silentLooks = 0;
  stream.on('data', () => {
    answeredBytes = stream.bytesWritten;
    silentLooks = 0;
  });
  const looking = setInterval(() => {
    if (stream.bytesWritten === answeredBytes) return;
    silentLooks += 1;
    if (silentLooks * LOOK_MS < silenceMs) return;
    stream.destroy(new Error(`Redis has not answered for ${silenceMs} ms`));
  }, LOOK_MS);
  looking.unref();
  stream.once('close', () => {
    clearInterval(looking);
  });
}
