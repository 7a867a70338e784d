import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { fragilePostgres, type FragilePostgres } from '../support/fragile-postgres.js';
import { paid, PROVIDER_NAMES } from '../support/hostile-door.js';
import { range } from '../support/long-story.js';
import { countInbox, metric } from '../support/observe.js';
import { head, openRaw, type RawConnection } from '../support/raw-http.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService, type SpawnedService } from '../support/spawn-service.js';
import type { StoryEvent } from '../support/story.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { signedHeaders, WebhookClient } from '../support/webhook-client.js';

const MEBIBYTE = 1_048_576;
const LINE = 'POST /webhooks/stripe HTTP/1.1';
/** Fewer than the thousand files that a process may have open where nobody has changed it. */
const SLOW_CONNECTIONS = 400;
const FLOOD_REQUESTS = 10_000;
/** HOSTILE_REQUESTS=100000 is the full run. */
const PIPED_REQUESTS = Number(process.env['HOSTILE_REQUESTS'] ?? 10_000);
const PIPED_AT_ONCE = 100;
/** How long nothing is said after the last word. */
const SILENCE_MS = 500;
const RESIDENT_GROWTH_MAX = 64 * MEBIBYTE;

/*
 * Nothing here asserts how long anything takes. What is shown instead is that good requests succeed
 * meanwhile, and that PostgreSQL hears nothing of the others: every statement passes a proxy.
 */
describe('a service that many people would like to bring to its knees', () => {
  let database: TestDatabase;
  let postgres: FragilePostgres;
  let service: SpawnedService;
  let client: WebhookClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    postgres = await fragilePostgres(database.url);
    service = await spawnService({
      env: serviceEnvironment(
        { databaseUrl: postgres.url },
        {
          ROLES: 'api', // nothing works in the background, so every statement is somebody's request
          REQUEST_TIMEOUT_SECONDS: '2',
          SAMPLE_INTERVAL_SECONDS: '3600',
        },
      ),
    });
    client = new WebhookClient(service.url);
    await expectServed(); // everything that is prepared once is prepared now
    expect(countStatements()).toBeGreaterThan(0); // else nothing would be shown below
  });

  afterAll(async () => {
    client.close();
    await service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    await postgres.close();
    await database.drop();
  });

  /**
   * Statements that PostgreSQL was sent for requests: neither log-ins and farewells, nor the rings
   * that follow a good one in their own time.
   */
  const statements = () =>
    postgres.connections
      .filter(({ application }) => application.startsWith('tollgate-'))
      .flatMap(({ sent }) => sent.filter((text) => /^[PBQ]/.test(text)));
  const countStatements = () => statements().length;
  const resident = () => metric(client, 'process_resident_memory_bytes');

  async function expectServed(times = 1): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      for (const name of PROVIDER_NAMES) {
        expect(await client.expectAccepted(paid(name))).toBe('recorded');
      }
    }
  }

  /** What is done meanwhile makes PostgreSQL hear nothing. */
  async function expectUntouched(work: () => Promise<void>): Promise<void> {
    await silence();
    const [heard, rows] = [countStatements(), await countInbox(database)];
    await work();
    expect(statements()).toHaveLength(heard);
    expect(await countInbox(database)).toBe(rows);
  }

  /** Waits until what good requests leave to be written after their answer is written. */
  async function silence(): Promise<void> {
    let heard = -1;
    while (heard !== countStatements()) {
      heard = countStatements();
      await setTimeout(SILENCE_MS);
    }
  }

  /** Writes to every connection again and again until the service has closed all of them. */
  async function drip(
    connections: readonly RawConnection[],
    next: (sent: number) => string,
  ): Promise<(readonly number[])[]> {
    let sent = 0;
    const timer = setInterval(() => {
      for (const connection of connections) connection.write(next(sent));
      sent += 1;
    }, 100);
    try {
      return await Promise.all(connections.map((connection) => connection.closed(60_000)));
    } finally {
      clearInterval(timer);
    }
  }

  it('B37 100 MiB that are sent all the same are neither read nor kept', async () => {
    await expectServed(20);
    const before = await resident();
    await silence();
    const statements = countStatements();
    for (const framing of [
      { 'content-length': 100 * MEBIBYTE },
      { 'transfer-encoding': 'chunked' },
    ]) {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      socket.on('error', () => undefined); // a reset is the right answer to who does not stop
      await once(socket, 'connect');
      socket.write(head(LINE, { host: 'x', 'stripe-signature': 't=1,v1=0', ...framing }));
      await sendUntilClosed(socket, 100 * MEBIBYTE);
      expect(socket.bytesWritten).toBeLessThan(100 * MEBIBYTE);
      expect(countStatements()).toBe(statements);
    }
    expect((await resident()) - before).toBeLessThan(RESIDENT_GROWTH_MAX);
    await expectServed();
  });

  it('B38 bodies that come a byte at a time are given up, and others are served meanwhile', async () => {
    const event = paid('stripe');
    const headers = { host: 'x', ...signedHeaders(event) };
    const slow = await Promise.all([
      ...range(20).map(() => begin({ ...headers, 'content-length': MEBIBYTE })),
      ...range(20).map(() => begin({ host: 'x', 'transfer-encoding': 'chunked' })),
    ]);
    const dripping = drip(slow, () => '1\r\nx\r\n'); // the first twenty take it for their body
    await expectServed(20);
    const rows = await countInbox(database);
    for (const statuses of await dripping) expect([[408], []]).toContainEqual(statuses);
    expect(await countInbox(database)).toBe(rows);
    await expectServed();
  });

  it('B38 bodies that were announced and never come take no room from others', async () => {
    // As many as would fill the memory for bodies, were it what they announce that counted.
    const announced = await Promise.all(
      range(100).map(() => begin({ host: 'x', 'content-length': MEBIBYTE })),
    );
    await expectServed(20);
    expect(announced.flatMap((connection) => connection.statuses())).not.toContain(503);
    await expectUntouched(async () => {
      for (const connection of announced) {
        expect([[408], []]).toContainEqual(await connection.closed(60_000));
      }
    });
  });

  it('B39 hundreds of heads that never end are given up, and others are served meanwhile', async () => {
    const slow = await Promise.all(range(SLOW_CONNECTIONS).map(() => openRaw(service.url)));
    for (const connection of slow) connection.write(`${LINE}\r\n`);
    const dripping = drip(slow, (sent) => `x-header-${sent}: x\r\n`);
    await expectServed(20);
    await expectUntouched(async () => {
      for (const statuses of await dripping) expect([[408], []]).toContainEqual(statuses);
    });
    await expectServed();
  });

  it('B39 connections on which nobody says anything are given up', async () => {
    const silent = await Promise.all(range(50).map(() => openRaw(service.url)));
    await expectUntouched(async () => {
      for (const connection of silent) await connection.closed(60_000);
    });
    await expectServed();
  });

  it('B52 a flood of unsigned requests is refused without a word to PostgreSQL', async () => {
    const flood = (count: number) =>
      pipe(service.url, range(count), () => unsigned(paid('stripe')));
    const refused = 'tollgate_deliveries_refused_total{provider="stripe",reason="header_missing"}';
    const counted = await metric(client, refused);
    await expectUntouched(async () => {
      const halves = await Promise.all([flood(FLOOD_REQUESTS / 4), flood(FLOOD_REQUESTS / 4)]);
      expect(new Set(halves.flat())).toEqual(new Set([401]));
    });
    const rows = await countInbox(database);
    const [statuses] = await Promise.all([flood(FLOOD_REQUESTS / 2), expectServed(50)]);
    expect(statuses).toHaveLength(FLOOD_REQUESTS / 2);
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(await countInbox(database)).toBe(rows + 50 * PROVIDER_NAMES.length);
    expect(await metric(client, refused)).toBe(counted + FLOOD_REQUESTS);
  });

  it(
    'B53 thousands of requests on one connection are answered in their order, and none is kept',
    async () => {
      const ask = (count: number) =>
        pipe(service.url, range(count), (n) =>
          n % PIPED_AT_ONCE === 0 ? signed(paid('stripe')) : unsigned(paid('stripe')),
        );
      await ask(Math.ceil(PIPED_REQUESTS / 5)); // warms up
      const [before, rows] = [await resident(), await countInbox(database)];
      expect(await ask(PIPED_REQUESTS)).toEqual(
        range(PIPED_REQUESTS).map((n) => (n % PIPED_AT_ONCE === 0 ? 200 : 401)),
      );
      expect(await countInbox(database)).toBe(rows + Math.ceil(PIPED_REQUESTS / PIPED_AT_ONCE));
      expect((await resident()) - before).toBeLessThan(RESIDENT_GROWTH_MAX);
      await expectServed();
    },
    60_000 + PIPED_REQUESTS * 20,
  );

  async function begin(headers: Readonly<Record<string, unknown>>): Promise<RawConnection> {
    const connection = await openRaw(service.url);
    connection.write(head(LINE, headers));
    return connection;
  }
});

/** Writes as much as is taken, until it is all or the other side has closed. */
async function sendUntilClosed(socket: Socket, bytes: number): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
  socket.resume(); // else its end would never be read
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += chunk.length) {
    const isTaken = socket.write(chunk);
    const drained = isTaken ? true : once(socket, 'drain').catch(() => undefined);
    await Promise.race([drained, closed]);
  }
  socket.end();
  await closed;
}

/** Puts requests into one connection, a hundred at a time; the statuses in their order. */
async function pipe(
  url: string,
  numbers: readonly number[],
  request: (n: number) => Buffer,
): Promise<number[]> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const statuses: number[] = [];
  let rest = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    const received = rest + text;
    let end = 0;
    for (const { index, 1: status } of received.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
      statuses.push(Number(status));
      end = index + 'HTTP/1.1 '.length;
    }
    rest = received.slice(Math.max(end, received.length - 'HTTP/1.1 200'.length));
  });
  for (let from = 0; from < numbers.length; from += PIPED_AT_ONCE) {
    const batch = numbers.slice(from, from + PIPED_AT_ONCE);
    socket.write(Buffer.concat(batch.map(request)));
    await eventually(() => expect(statuses.length).toBe(from + batch.length), {
      timeoutMs: 30_000,
    });
  }
  socket.destroy();
  return statuses;
}

function signed(event: StoryEvent): Buffer {
  const bytes = Buffer.from(head(LINE, { host: 'x', ...signedHeaders(event) }));
  return Buffer.concat([bytes, event.body]);
}

function unsigned(event: StoryEvent): Buffer {
  const headers = signedHeaders(event, { headers: { 'stripe-signature': null } });
  return Buffer.concat([Buffer.from(head(LINE, { host: 'x', ...headers })), event.body]);
}
