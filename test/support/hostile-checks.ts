import type { BodyKey, HostileCase } from './hostile-cases.js';
import type { RawAnswer } from './hostile-exchange.js';
import type { Framed } from './hostile-frames.js';
import { logLines } from './hostile-log.js';
import type { TestDatabase } from './test-database.js';

/** Something that should not have happened, in a line. */
export type Finding = string;

/** A case that was sent, and what came back. */
export interface SentCase {
  readonly hostile: Omit<HostileCase, 'framed'>;
  readonly answers: readonly RawAnswer[];
}

/** What a webhook may be answered with, whatever it is. Never 500. */
const WEBHOOK_STATUSES = [200, 202, 400, 401, 404, 405, 408, 413, 414, 415, 422, 431, 503];
/** A command may also make something, be forbidden, and be in somebody's way. */
const COMMAND_STATUSES = [...WEBHOOK_STATUSES, 201, 403, 409];

const SEE_OTHER = 303;
const CONSOLE_REQUEST = Buffer.from('GET /console ');
const BODY_BYTES_MAX = 1_048_576;

/** What is wrong with the answers to a case. */
export function checkAnswers(hostile: HostileCase, answers: readonly RawAnswer[]): Finding[] {
  const { area, expectation, framed, bodyBytes } = hostile;
  const allowed = [...(area === 'webhook' ? WEBHOOK_STATUSES : COMMAND_STATUSES)];
  if (isForConsole(framed)) allowed.push(SEE_OTHER); // nobody has logged in, so to the login
  const findings = answers
    .filter(({ status }) => !allowed.includes(status))
    .map(({ status, body }) => `was answered ${status} ${body.slice(0, 300)}`);
  const [first] = answers;
  // Who still sends when the door closes may find the connection reset, and the answer with it.
  const isTooLarge = bodyBytes > BODY_BYTES_MAX;
  if (first === undefined) {
    const isOwed = framed.finish === 'answer' && expectation !== 'anything' && !isTooLarge;
    return isOwed ? [...findings, 'was not answered'] : findings;
  }
  const wanted = isTooLarge ? 413 : 200;
  if (expectation === 'accepted' && first.status !== wanted) {
    findings.push(`is authentic and was answered ${first.status} instead of ${wanted}`);
  }
  if (expectation === 'refused' && answers.some(({ status }) => status < 400)) {
    findings.push(`is not authentic and was answered ${first.status}`);
  }
  return findings;
}

function isForConsole({ pieces }: Framed): boolean {
  return Buffer.concat(pieces).subarray(0, CONSOLE_REQUEST.length).equals(CONSOLE_REQUEST);
}

/** What an outcome of a dead event may say: the event is to blame, never we. */
const DEAD_REASONS = [
  ...['payload_unreadable', 'payload_malformed', 'event_id_unusable', 'amount_unusable'],
  // What points at an object is asked for at the provider, where nobody answers in this run.
  ...['currency_unusable', 'needs_provider_api', 'provider_unavailable', 'provider_not_configured'],
];

interface StoredBody {
  readonly provider: string;
  readonly account: string;
  readonly digest: string;
}

interface StoredRow extends StoredBody {
  readonly status: string;
  readonly outcome_reason: string | null;
  readonly codes: readonly string[];
}

/**
 * Compares what is stored with what was signed and with what was promised.
 * @param signed every body that anybody has signed with a secret of its account
 */
export async function checkDatabase(
  database: Pick<TestDatabase, 'query'>,
  sent: readonly SentCase[],
  signed: ReadonlySet<BodyKey>,
): Promise<{ findings: Finding[]; outcomes: Record<string, number> }> {
  const rows = await database.query<StoredRow>(`
    select provider, account, encode(sha256(body), 'hex') as digest, status, outcome_reason,
           array(select one ->> 'code' from jsonb_array_elements(attempt_errors) as one) as codes
    from inbox join inbox_bodies on inbox_id = id`);
  const conflicts = await database.query<StoredBody>(`
    select provider, account, encode(sha256(c.body), 'hex') as digest
    from inbox_conflicts c join inbox on inbox.id = inbox_id`);
  const stored = new Set(rows.map(keyOf));
  const known = new Set([...stored, ...conflicts.map(keyOf)]);
  const outcomes: Record<string, number> = {};
  for (const { status, outcome_reason } of rows) {
    const outcome = [status, outcome_reason].filter(Boolean).join(' ');
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return {
    outcomes,
    findings: [
      ...checkSigned(known, signed),
      ...checkPromises(stored, known, sent),
      ...rows.flatMap(checkOutcome),
      ...(await checkOrders(database, sent)),
    ],
  };
}

/** Every stored body was signed, byte for byte, with a secret of its account. */
function checkSigned(known: ReadonlySet<BodyKey>, signed: ReadonlySet<BodyKey>): Finding[] {
  return [...known]
    .filter((key) => !signed.has(key))
    .map((key) => `is in the inbox, and nobody has signed it: ${key}`);
}

/** Whatever was answered 200 is there. */
function checkPromises(
  stored: ReadonlySet<BodyKey>,
  known: ReadonlySet<BodyKey>,
  sent: readonly SentCase[],
): Finding[] {
  return sent.flatMap(({ hostile, answers }) => {
    const { index, what, delivered, signed } = hostile;
    const candidates = delivered === null ? signed : [delivered];
    return answers.flatMap(({ body }) => {
      const receipt = /^\{"status":"(recorded|duplicate)"\}$/.exec(body)?.[1];
      if (receipt === undefined) return [];
      const kept = receipt === 'recorded' ? stored : known;
      const isKept = candidates.some((key) => kept.has(key));
      return isKept ? [] : [`case ${index} (${what}) was told "${receipt}" and is not there`];
    });
  });
}

/** Every event ends in an outcome that blames itself or nobody. */
function checkOutcome({ status, outcome_reason, digest, codes }: StoredRow): Finding[] {
  const findings: Finding[] = [];
  if (status === 'dead' && !DEAD_REASONS.includes(outcome_reason ?? '')) {
    findings.push(`${digest} is dead for ${outcome_reason ?? 'no reason'}`);
  }
  const own = codes.filter((code) => !DEAD_REASONS.includes(code));
  if (own.length > 0) findings.push(`${digest} failed with ${own.join(', ')}`);
  return findings;
}

/** An order exists if, and only if, somebody was told so. */
async function checkOrders(
  database: Pick<TestDatabase, 'query'>,
  sent: readonly SentCase[],
): Promise<Finding[]> {
  const orders = await database.query<{ reference: string; amount: string; currency: string }>(
    `select reference, amount_due_minor::text as amount, currency from orders
      where amount_due_minor is not null`,
  );
  const there = new Set(orders.map((one) => `${one.reference} ${one.amount} ${one.currency}`));
  const told = new Set(sent.flatMap(({ answers }) => answers.flatMap(toldOrder)));
  const surplus = [...there].filter((one) => !told.has(one));
  const missing = [...told].filter((one) => !there.has(one));
  return [
    ...surplus.map((one) => `the order ${one} is there, and nobody was told so`),
    ...missing.map((one) => `the order ${one} was created, and is not there`),
  ];
}

function toldOrder({ status, body }: RawAnswer): string[] {
  if (status !== 200 && status !== 201) return [];
  const text = Buffer.from(body, 'latin1').toString('utf8');
  if (!text.includes('"amountDueMinor":')) return [];
  const { reference, amountDueMinor, currency } = JSON.parse(text) as Readonly<
    Record<'reference' | 'amountDueMinor' | 'currency', string | number | null>
  >;
  if (amountDueMinor === null) return []; // an event has named it, and nobody has created it
  return [`${reference} ${amountDueMinor} ${currency}`];
}

/** What the log says loudly for a good reason: an alarm about what was sent. */
const LOUD = ['an event id came with another content'];
const ERROR = 50;

/** Every line is one of ours, none tells of a defect, and none of what nobody has signed. */
export function checkLog(logs: string, sent: readonly SentCase[]): Finding[] {
  const { entries, broken } = logLines(logs);
  const findings = broken.map((line) => `a line of the log is no entry: ${line.slice(0, 300)}`);
  for (const entry of entries) {
    if (entry.level >= ERROR && !LOUD.includes(entry.msg)) {
      findings.push(`the log says: ${JSON.stringify(entry).slice(0, 2000)}`);
    }
  }
  const seen = new Set(logs.match(/(?<=evt_|Tg|tg-)[0-9a-f]{12}/g));
  for (const { hostile } of sent) {
    const { area, expectation, index, what, tag } = hostile;
    if (area === 'webhook' && expectation === 'refused' && seen.has(tag)) {
      findings.push(`case ${index} (${what}) is refused, and the log tells what it says`);
    }
  }
  return findings;
}

function keyOf({ provider, account, digest }: StoredBody): BodyKey {
  return `${provider} ${account} ${digest}`;
}
