import { setTimeout as delay } from 'node:timers/promises';
import { PROVIDERS } from '../../src/providers/providers.js';
import {
  ACME_SECRETS,
  bodyKey,
  hostileCases,
  type BodyKey,
  type HostileCase,
} from './hostile-cases.js';
import {
  checkAnswers,
  checkDatabase,
  checkLog,
  type Finding,
  type SentCase,
} from './hostile-checks.js';
import { exchange } from './hostile-exchange.js';
import { Story } from './story.js';
import { WebhookClient } from './webhook-client.js';
import type { SpawnedService } from './spawn-service.js';
import type { TestDatabase } from './test-database.js';

/** Environment that the service under test needs on top of that of the tests. */
export const HOSTILE_ENVIRONMENT = {
  STRIPE_WEBHOOK_SECRETS_ACME: ACME_SECRETS.stripe,
  PAYSTACK_SECRET_KEYS_ACME: ACME_SECRETS.paystack,
  // Who does not send what he announced is given up soon, so that the run does not wait for long.
  REQUEST_TIMEOUT_SECONDS: '3',
  PROVIDER_BREAKER_PAUSE_SECONDS: '1',
  // Nobody can collect its heap from outside; in a small one V8 does so by itself, and what leaks
  // would fill it.
  NODE_OPTIONS: '--max-old-space-size=160',
} as const;

/** What a hostile run needs. */
export interface HostileOptions {
  readonly cases: number;
  /** Makes the run what it is; the same seed makes the same requests. */
  readonly seed: number;
  /** Started with {@link HOSTILE_ENVIRONMENT} on a database that nothing was in before. */
  readonly service: SpawnedService;
  readonly database: Pick<TestDatabase, 'query'>;
  /** Connections at once. */
  readonly concurrency?: number;
}

/** What came of it. */
export interface HostileReport {
  readonly seed: number;
  readonly cases: number;
  readonly seconds: number;
  /** How many cases were answered with each status; `none` for those without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The same for each kind of case. */
  readonly statusesByKind: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Rows of the inbox by outcome and reason. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly residentBytes: { readonly warm: number; readonly end: number; readonly peak: number };
  /** What should not have happened, a line each; empty when all is well. */
  readonly findings: readonly string[];
}

const CONCURRENCY = 24;
const WARM_UP_CASES_MAX = 1000;
/** The next good requests are sent this often. */
const GOOD_EVERY = 100;
const SETTLE_MS_MAX = 180_000;
const PAUSE_MS = 200;
const FINDINGS_MAX = 100;

/**
 * Sends thousands of hostile requests to a service, and looks at what came of them: at every
 * answer, at every row, at every line of the log, and at the memory. It knows nothing of Jest, so
 * that any program can call it.
 *
 * Before the memory is looked at for the first time, a fifth of the cases, and a thousand at most,
 * warm the service up. Its heap cannot be collected from outside, so what is compared is resident
 * memory as it is.
 */
export async function runHostile(options: HostileOptions): Promise<HostileReport> {
  const { cases, seed, service, database, concurrency = CONCURRENCY } = options;
  const startedAt = performance.now();
  const run = new Run(options);
  const queue = hostileCases(seed, cases);
  const client = new WebhookClient(service.url);
  let ended: number | NodeJS.Signals | null = null;
  void service.exited.then((code) => (ended = code));
  try {
    await sendGood(run, client);
    const warmUp = Math.min(Math.ceil(cases / 5), WARM_UP_CASES_MAX);
    await sendAll(run, client, queue, concurrency, warmUp);
    const warm = await residentBytes(client);
    const peak = await watchPeak(client, () =>
      sendAll(run, client, queue, concurrency, cases - warmUp),
    );
    await sendGood(run, client);
    const stuck = await settle(database);
    if (stuck !== '') run.find(`still not finished after all that time: ${stuck}`);
    const end = await residentBytes(client);
    const rows = await checkDatabase(database, run.sent, run.signed);
    rows.findings.forEach((finding) => run.find(finding));
    checkLog(service.logs(), run.sent).forEach((finding) => run.find(finding));
    return {
      seed,
      cases,
      seconds: Math.round((performance.now() - startedAt) / 1000),
      ...run.countStatuses(),
      outcomes: rows.outcomes,
      residentBytes: { warm, end, peak: Math.max(peak, end) },
      findings: run.findings,
    };
  } catch (error) {
    // The process is gone, or nobody answers any more: what was found so far tells more.
    run.find(`the run broke off: ${String(error)}; the service ended: ${String(ended)}`);
    const gone = { warm: 0, end: 0, peak: 0 };
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const counted = { ...run.countStatuses(), outcomes: {}, residentBytes: gone };
    return { seed, cases, seconds, ...counted, findings: run.findings };
  } finally {
    client.close();
  }
}

class Run {
  readonly findings: string[] = [];
  readonly sent: SentCase[] = [];
  /** Every body that was signed with a secret of its account, the good ones included. */
  readonly signed = new Set<BodyKey>();
  private nextGoodAt = 0;

  constructor(private readonly options: HostileOptions) {}

  async send(hostile: HostileCase): Promise<void> {
    for (const key of hostile.signed) this.signed.add(key);
    const { answers, isHung } = await exchange(this.options.service.url, hostile.framed);
    const { framed, ...rest } = hostile;
    this.sent.push({ hostile: rest, answers });
    const problems = checkAnswers(hostile, answers);
    if (isHung) problems.push('was neither answered nor closed');
    const beginning = Buffer.concat([...framed.pieces]).subarray(0, 1500);
    for (const problem of problems) {
      this.find(`${nameOf(hostile)} ${problem}: ${JSON.stringify(beginning.toString('latin1'))}`);
    }
  }

  /** Whether it is time to see that a good request succeeds. */
  isGoodDue(): boolean {
    if (this.sent.length < this.nextGoodAt) return false;
    this.nextGoodAt += GOOD_EVERY;
    return true;
  }

  find(finding: Finding): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push(finding);
  }

  countStatuses(): Pick<HostileReport, 'statuses' | 'statusesByKind'> {
    const statuses: Record<string, number> = {};
    const statusesByKind: Record<string, Record<string, number>> = {};
    for (const { hostile, answers } of this.sent) {
      const status = String(answers[0]?.status ?? 'none');
      const kind = hostile.what.replace(/,.*/, '');
      statuses[status] = (statuses[status] ?? 0) + 1;
      const ofKind = (statusesByKind[kind] ??= {});
      ofKind[status] = (ofKind[status] ?? 0) + 1;
    }
    return { statuses, statusesByKind };
  }
}

function nameOf({ index, what }: Pick<HostileCase, 'index' | 'what'>): string {
  return `case ${index} (${what})`;
}

async function sendAll(
  run: Run,
  client: WebhookClient,
  queue: Generator<HostileCase>,
  concurrency: number,
  count: number,
): Promise<void> {
  let left = count;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const next = queue.next();
      if (next.done === true) return;
      await run.send(next.value);
      if (run.isGoodDue()) await sendGood(run, client);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Whatever came before: the next good request of every provider is recorded. */
async function sendGood(run: Run, client: WebhookClient): Promise<void> {
  for (const { name } of PROVIDERS) {
    const sample = name === 'stripe' ? 'payment_intent.succeeded' : 'charge.success';
    const event = new Story().event(name, sample);
    run.signed.add(bodyKey(name, 'default', event.body));
    const answer = await client.deliver(event).catch(String);
    const what = typeof answer === 'string' ? answer : String(answer.status);
    if (what !== '200') run.find(`a good event was answered: ${what}`);
  }
}

/** Waits until nothing is under way; says what is, when that takes too long. */
async function settle(database: HostileOptions['database']): Promise<string> {
  const giveUpAt = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    const [row] = await database.query<{ events: number; keys: number }>(
      `select (select count(*)::int from inbox where status = 'received') as events,
              (select count(*)::int from idempotency_keys where status = 'in_progress') as keys`,
    );
    if (row?.events === 0 && row.keys === 0) return '';
    if (Date.now() > giveUpAt) return JSON.stringify(row);
    await delay(PAUSE_MS);
  }
}

async function residentBytes(client: WebhookClient): Promise<number> {
  const { text } = await client.get('/metrics');
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]);
}

/** The most memory that was seen while something was done. */
async function watchPeak(client: WebhookClient, work: () => Promise<void>): Promise<number> {
  let peak = 0;
  const state = { isDone: false };
  const watching = (async () => {
    while (!state.isDone) {
      peak = Math.max(peak, await residentBytes(client));
      await delay(PAUSE_MS);
    }
  })();
  try {
    await work();
  } finally {
    state.isDone = true;
    await watching;
  }
  return peak;
}
