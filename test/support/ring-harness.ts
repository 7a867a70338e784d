import pg from 'pg';
import { fetchEvent } from '../../src/inbox/fetch-event.js';
import { processRing, type AttemptReport, type RingContext } from '../../src/inbox/process-ring.js';
import { EventReceiver } from '../../src/inbox/receive-event.js';
import type { PaymentProvider } from '../../src/providers/provider.js';
import { findProviderEntry } from '../../src/providers/providers.js';
import type { TestDatabase } from './test-database.js';
import { TEST_SECRET, testProviders } from './translate-events.js';

/** The acknowledging and the applying path on a test database, without a queue between them. */
export interface RingHarness {
  readonly context: RingContext;
  readonly receiver: EventReceiver;
  readonly reports: AttemptReport[];
  /** Ids of everything that was recorded, in order. */
  readonly recorded: string[];
  /** Signs, verifies and records a body as a provider's delivery. */
  deliver(provider: string, body: object | string): Promise<'recorded' | 'duplicate'>;
  /** Works on these rows, or on all that wait. */
  ring(ids?: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

export function createRingHarness(
  database: TestDatabase,
  given: {
    providers?: ReadonlyMap<string, PaymentProvider>;
    attemptsMax?: number;
    lockTimeoutMs?: number;
  } = {},
): RingHarness {
  const pool = new pg.Pool({
    connectionString: database.url,
    max: 8,
    lock_timeout: given.lockTimeoutMs ?? 5000,
  });
  pool.on('error', () => undefined);
  const providers = given.providers ?? testProviders();
  const reports: AttemptReport[] = [];
  const recorded: string[] = [];
  const receiver = new EventReceiver(
    pool,
    {
      rowsMax: 256,
      bytesMax: 2_097_152,
      flushesMax: 3,
      waitingEventsMax: 4096,
      waitingBytesMax: 67_108_864,
      graceSeconds: 10,
    },
    {
      recorded: (ids) => recorded.push(...ids),
      redelivered: () => undefined,
      flushed: () => undefined,
    },
  );
  const context: RingContext = {
    pool,
    providers,
    fetch: (event) => fetchEvent(context, event),
    attemptsMax: given.attemptsMax ?? 3,
    backoff: { baseSeconds: 60, factor: 2, capSeconds: 3600 },
    report: (report) => reports.push(report),
  };
  return {
    context,
    receiver,
    reports,
    recorded,
    deliver: (name, body) => {
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      return receiver.receive(name, 'default', verified(providers, name, bytes));
    },
    ring: async (ids) => processRing(context, ids ?? (await waitingIds(database))),
    close: () => pool.end(),
  };
}

function verified(providers: ReadonlyMap<string, PaymentProvider>, name: string, body: Buffer) {
  const now = Date.now();
  const headers = findProviderEntry(name)?.sign({ body, secret: TEST_SECRET, signedAtMs: now });
  const provider = providers.get(name);
  if (!provider || !headers) throw new Error(`there is no provider ${name}`);
  return provider.verify({ headers, body, account: 'default', receivedAtMs: now });
}

async function waitingIds(database: TestDatabase): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from inbox where status = 'received' order by id`,
  );
  return rows.map(({ id }) => id);
}
