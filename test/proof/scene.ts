import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:net';
import type pg from 'pg';
import { eventually } from '../support/eventually.js';
import type { OpenLoopClient } from './client.js';
import type { Random } from './random.js';
import type { Member } from './member.js';
import type { Life, ProofEvent } from './stories.js';
import { PROOF_TOKENS, type World } from './world.js';

/** What faults want to know of a row of the inbox. */
export interface InboxRow {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly deliveries: number;
}

/** What a fault has in its hands while it is injected. */
export class Scene {
  /** What was done, in the words of the table. */
  readonly injections: string[] = [];
  /** Figures worth reading. */
  readonly notes: string[] = [];
  /** What was expected and did not hold. */
  readonly problems: string[] = [];
  healedAtMs: number | null = null;
  injectedAtMs: number | null = null;

  constructor(
    readonly world: World,
    readonly client: OpenLoopClient,
    readonly random: Random,
    /** Stands in every id of this run of the fault. */
    readonly run: string,
    /** 1 in a run of the usual length; more in a longer one. */
    private readonly intensity: number,
    /** Supply of lives for faults that want one of their own. */
    readonly nextLife: () => Life,
  ) {}

  /** How often to do what is done `usual` times in a run of the usual length; at least once. */
  rounds(usual: number): number {
    return Math.max(1, Math.round(usual * this.intensity));
  }

  get duplicates(): number {
    return this.client.duplicates;
  }

  /** What came of the requests so far. */
  fates(): string {
    return [...this.client.fates].map(([what, times]) => `${what} ${times}×`).join(', ');
  }

  /** Says when and what: recovery is counted from `healed` on. */
  injected(what: string): void {
    this.injectedAtMs ??= performance.now();
    this.injections.push(what);
  }

  /** From here on everything is whole again as far as the fault is concerned. */
  healed(): void {
    this.healedAtMs = performance.now();
  }

  note(figure: string): void {
    this.notes.push(figure);
  }

  /** A check that goes with this fault alone. */
  expect(holds: boolean, otherwise: string): void {
    if (!holds) this.problems.push(otherwise);
  }

  seconds(seconds: number): Promise<void> {
    return delay(seconds * 1000);
  }

  /** Waits until it is true. @throws Error saying what never came */
  async until(
    what: string | (() => string),
    isTrue: () => boolean | Promise<boolean>,
    timeoutMs = 20_000,
  ): Promise<void> {
    await eventually(
      async () => {
        if (await isTrue()) return;
        throw new Error(`this never came: ${typeof what === 'string' ? what : what()}`);
      },
      { timeoutMs },
    );
  }

  /** Waits for this many more acknowledgements. */
  async acknowledged(more: number, timeoutMs = 30_000): Promise<void> {
    const wanted = this.client.acknowledged + more;
    await this.until(
      `${more} more acknowledgements`,
      () => this.client.acknowledged >= wanted,
      timeoutMs,
    );
  }

  /** Asks the database as somebody who looks from outside. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.world.observer.query<Row>(sql, values)).rows;
  }

  async count(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.query<{ count: number }>(`select (${sql})::int as count`, values);
    return row?.count ?? 0;
  }

  /** Value of a metric of one process; 0 while it has none. */
  async metric(url: string, sample: string): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
    return line === undefined ? 0 : Number(line.slice(sample.length + 1));
  }

  /** All samples of a metric of one process, as they are shown. */
  async metrics(url: string, name: string): Promise<string[]> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`));
  }

  /** Waits until the row of an event is as it should be. */
  async inboxRow(
    event: ProofEvent,
    isRight: (row: InboxRow) => boolean,
    timeoutMs = 40_000,
  ): Promise<InboxRow[]> {
    let rows: InboxRow[] = [];
    await this.until(
      () => `the row of ${event.eventId}, which is ${JSON.stringify(rows)}`,
      async () => {
        rows = await this.query<InboxRow>(
          'select id, status, attempts, deliveries from inbox where provider = $1 and event_id = $2',
          [event.provider, event.eventId],
        );
        return rows.length === 1 && isRight(rows[0]!);
      },
      timeoutMs,
    );
    return rows;
  }

  /** Opens connections that say nothing. */
  async idleConnections(member: Member, count: number): Promise<{ close(): void }> {
    const port = Number(new URL(member.url).port);
    const sockets = Array.from({ length: count }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      return socket;
    });
    await delay(200);
    return {
      close: () => {
        for (const socket of sockets) socket.destroy();
      },
    };
  }

  /** Something that an operator asks for. */
  async operate(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.world.apis[0]!.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${PROOF_TOKENS.operator}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}
