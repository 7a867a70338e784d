import { randomUUID } from 'node:crypto';
import type { Tx } from '../../src/database/transaction.js';
import { TollgateError, type ErrorCode } from '../../src/errors.js';
import type { CompleterContext } from '../../src/idempotency/completer.js';
import {
  execute,
  type CommandRequest,
  type ExecuteContext,
  type Execution,
} from '../../src/idempotency/execute.js';
import { fingerprintRequest } from '../../src/idempotency/fingerprint.js';
import { asking, writing, type Operation } from '../../src/idempotency/operation.js';
import type { ToyProcess } from './idempotency-process.js';
import type { Observer } from './observe.js';

/** Somebody outside of our transactions: what happens there is not rolled back. */
export class OutsideWorld {
  /** The receipt of each effect by the key under which it was asked for. */
  readonly receipts = new Map<string, string>();
  /** What each effect was about, one entry per effect. */
  readonly effects: string[] = [];
  calls = 0;
  private readonly troubles: ErrorCode[] = [];

  /** The next call ends so: `provider_outcome_unknown` after its effect, others before it. */
  fail(code: ErrorCode): void {
    this.troubles.push(code);
  }

  /** No call fails that was not made yet. */
  heal(): void {
    this.troubles.length = 0;
  }

  /** What was made for the key, now or earlier. */
  charge(key: string, subject: string): Promise<string> {
    this.calls += 1;
    const trouble = this.troubles.shift();
    if (trouble && trouble !== 'provider_outcome_unknown') return Promise.reject(refusal(trouble));
    if (!this.receipts.has(key)) {
      this.receipts.set(key, `receipt ${this.receipts.size + 1} of ${subject}`);
      this.effects.push(subject);
    }
    if (trouble) return Promise.reject(refusal(trouble));
    return Promise.resolve(this.receipts.get(key) ?? '');
  }
}

function refusal(code: ErrorCode): TollgateError {
  return new TollgateError(code, `the world says ${code}`, { members: { asked: 'the world' } });
}

/** Where each phase of {@link toyOperation} leaves a row. */
export async function createToyTable(database: Observer): Promise<void> {
  await database.query('create table toy_writes (subject text not null, what text not null)');
}

/** A hook of a test in one of the phases. */
export type Hook = () => Promise<void>;

export interface ToyHooks {
  /** In the transaction of the first phase, before it writes. */
  readonly starting?: Hook;
  /** In the call of the second. */
  readonly asking?: Hook;
  /** In the transaction of the last, before it writes. */
  readonly finishing?: Hook;
}

/**
 * Three phases: a row under an id of its own, then the world is asked under that id, then others
 * are told. The world's refusals are stored, and what it may have done is asked for again.
 */
export function toyOperation(
  world: OutsideWorld,
  { act }: Pick<ToyProcess, 'act'>,
  { starting, asking: whenAsking, finishing }: ToyHooks = {},
  name = 'charge',
): Operation {
  return {
    name,
    first: 'started',
    phases: {
      started: writing(async (tx, { body }) => {
        await starting?.();
        await write(tx, 'charge', body);
        return { next: 'row_written', state: { id: randomUUID() } };
      }),
      row_written: asking(
        async ({ body, state }) => {
          await whenAsking?.();
          return act('world', () => world.charge(String(state['id']), subjectIn(body)));
        },
        async (tx, { body, state }, receipt) => {
          await write(tx, 'receipt', body);
          return { next: 'charged', state: { ...state, receipt } };
        },
      ),
      charged: writing(async (tx, { body, state }) => {
        await finishing?.();
        await write(tx, 'message', body);
        const headers = { location: `/charges/${String(state['id'])}` };
        return { response: { status: 201, headers, body: { ...state, subject: subjectIn(body) } } };
      }),
    },
  };
}

async function write(tx: Tx, what: string, body: unknown): Promise<void> {
  await tx.query({
    name: `write-${what}`,
    text: 'insert into toy_writes values ($1, $2)',
    values: [subjectIn(body), what],
  });
}

function subjectIn(body: unknown): string {
  return (body as { readonly subject: string }).subject;
}

/** A request of one client. The subject says in the world and in our rows whose effect it was. */
export function toyRequest(key: string, more: Partial<CommandRequest> = {}): CommandRequest {
  const body = more.body ?? { subject: key };
  const fingerprint = fingerprintRequest('POST', '/charges', body);
  return { caller: 'shop', key, fingerprint, params: {}, body, ...more };
}

/** So long that no lease of a test lapses before {@link lapseLeases} says so. */
const LEASE_SECONDS = 600;

export function toyContext(
  { pool }: Pick<ToyProcess, 'pool'>,
  more: Partial<ExecuteContext> = {},
): ExecuteContext {
  return {
    pool,
    leaseSeconds: LEASE_SECONDS,
    ttlSeconds: 3600,
    waitMs: 10_000,
    backoff: { baseSeconds: 600, factor: 1, capSeconds: 600 },
    ...more,
  };
}

/** A completer that knows these operations, and what it reports. */
export function toyCompleter(
  process: Pick<ToyProcess, 'pool'>,
  operations: readonly Operation[],
): CompleterContext & { readonly reports: string[] } {
  const reports: string[] = [];
  return {
    ...toyContext(process),
    operations: new Map(operations.map((one) => [one.name, one])),
    report: ({ key }, result) =>
      reports.push(`${key}: ${result instanceof Error ? result.message : result}`),
    reports,
  };
}

/** Sends a request through a process and returns what its client sees. */
export async function send(
  process: ToyProcess,
  world: OutsideWorld,
  request: CommandRequest,
  more: Partial<ExecuteContext> = {},
): Promise<Execution> {
  return execute(toyContext(process, more), toyOperation(world, process), request);
}

/** Time passes: whoever holds a key was not heard of for too long. */
export async function lapseLeases(database: Observer): Promise<void> {
  await database.query(`${LAPSE} where status = 'in_progress'`);
}

/** The same, but for keys that somebody is just writing: their rows are locked. */
export async function lapseIdleLeases(database: Observer): Promise<void> {
  await database.query(`
    with idle as materialized (
      select ctid from idempotency_keys where status = 'in_progress' for update skip locked)
    ${LAPSE} where ctid in (select ctid from idle)`);
}

const LAPSE = `
  update idempotency_keys set locked_until = least(locked_until, now() - interval '1 second'),
    resume_at = now() - interval '1 second'`;

/** How a response looks from outside, to be compared with others. */
export function bytesOf({ response }: Execution): string {
  return JSON.stringify([response.status, response.headers, response.body.toString('hex')]);
}
