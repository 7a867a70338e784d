import type { EventConflict } from '../../../../src/inbox/redelivery.queries.js';
import type { InboxRow } from './rows.js';
import { byKey, changed, lockFirst, rowsOf, type Access, type Statement } from './statement.js';
import { keyOf } from './tables.js';

const SECOND_MS = 1000;
const RINGS_MAX = 1000;

/** The statements of `src/inbox/*.queries.ts` that the model runs. */
export const INBOX_STATEMENTS = {
  'insert-event': insertEvent,
  'insert-events': insertEvents,
  'find-stored': findStored,
  'count-redeliveries': countRedeliveries,
  'keep-conflicts': keepConflicts,
  'claim-events': claimEvents,
  'find-undone': findUndone,
  'finish-events': finishEvents,
  'link-waiting-events': linkWaitingEvents,
  'fail-event': failEvent,
  'claim-rings': claimRings,
  'release-rings': releaseRings,
  'begin-attempts': beginAttempts,
  'keep-attempts': keepAttempts,
  'end-attempts': endAttempts,
  'replay-events': replayEvents,
  'discard-events': discardEvents,
  'find-chosen-events': findChosenEvents,
  'find-bodiless': findBodiless,
} satisfies Record<string, Statement>;

function insertEvent(
  access: Access,
  id: string,
  provider: string,
  account: string,
  eventId: string,
  eventType: string,
  _source: string,
  occurredAtMs: number,
  livemode: boolean,
  secretIndex: number,
  fingerprint: Buffer,
  body: Buffer,
  graceSeconds: number,
) {
  return insertEvents(
    access,
    [id],
    [provider],
    [account],
    [eventId],
    [eventType],
    [occurredAtMs],
    [livemode],
    [secretIndex],
    [fingerprint],
    [body],
    graceSeconds,
  );
}

function insertEvents(
  { tables, session, nowMs }: Access,
  ids: string[],
  providers: string[],
  accounts: string[],
  eventIds: string[],
  eventTypes: string[],
  _occurredAtMs: number[],
  _livemodes: boolean[],
  _secretIndexes: number[],
  fingerprints: Buffer[],
  bodies: Buffer[],
  graceSeconds: number,
) {
  ids.forEach((_id, n) => {
    const key = keyOf(providers[n]!, accounts[n]!, eventIds[n]!);
    tables.inboxEvents.awaitWriter(session, key);
    const known = tables.inboxEvents.find(session, key);
    if (known) tables.inbox.awaitWriter(session, known.id);
  });
  const rows: { id: string }[] = [];
  ids.forEach((id, n) => {
    const [provider, account, event_id] = [providers[n]!, accounts[n]!, eventIds[n]!];
    // UNIQUE (provider, account, event_id), on conflict do nothing
    if (!tables.inboxEvents.insert(session, keyOf(provider, account, event_id), { id })) return;
    tables.inbox.insert(session, id, {
      id,
      provider,
      account,
      event_id,
      event_type: eventTypes[n]!,
      fingerprint: fingerprints[n]!.toString('hex'),
      body: bodies[n]!,
      due_at: nowMs + graceSeconds * SECOND_MS,
      ring_at: nowMs + graceSeconds * SECOND_MS,
      received_at: nowMs,
      ...NEW_EVENT,
    });
    rows.push({ id });
  });
  return rowsOf(rows);
}

/** A read: it waits for nobody, and sees what is committed. */
function findStored(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  eventIds: string[],
) {
  const found = providers.flatMap((provider, n) => {
    const known = tables.inboxEvents.find(session, keyOf(provider, accounts[n]!, eventIds[n]!));
    return known ? [{ n: n + 1 }] : [];
  });
  return rowsOf(found);
}

const NEW_EVENT = {
  status: 'received',
  outcome_reason: null,
  attempts: 0,
  attempt_errors: [],
  rings: 0,
  unended: 0,
  replays: 0,
  deliveries: 1,
  conflicts: 0,
  payment_id: null,
  part_id: null,
  finished_at: null,
} as const;

/** The rows of events that came again, locked in the order of their ids; n: the place in the arrays. */
function lockKnown(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  eventIds: string[],
) {
  const known = providers.flatMap((provider, n) => {
    const key = tables.inboxEvents.find(session, keyOf(provider, accounts[n]!, eventIds[n]!));
    const row = key && tables.inbox.find(session, key.id);
    return row ? [{ row, n }] : [];
  });
  for (const { row } of known.toSorted(byKey((one) => one.row.id))) {
    tables.inbox.lock(session, row.id);
  }
  return known;
}

function countRedeliveries(
  access: Access,
  providers: string[],
  accounts: string[],
  eventIds: string[],
  fingerprints: Buffer[],
  deliveries: number[],
) {
  const { tables, session } = access;
  const others: { n: number }[] = [];
  for (const { row, n } of lockKnown(access, providers, accounts, eventIds)) {
    const { id, fingerprint } = row;
    if (fingerprint !== fingerprints[n]!.toString('hex')) {
      others.push({ n: n + 1 });
      continue;
    }
    const now = tables.inbox.find(session, id)!;
    tables.inbox.update(session, id, { deliveries: now.deliveries + deliveries[n]! });
  }
  return rowsOf(others);
}

function keepConflicts(
  access: Access,
  providers: string[],
  accounts: string[],
  eventIds: string[],
  fingerprints: Buffer[],
  _bodies: Buffer[],
  deliveries: number[],
) {
  const { tables, session } = access;
  const conflicts = new Map<string, EventConflict>();
  for (const { row, n } of lockKnown(access, providers, accounts, eventIds)) {
    const { id: inboxId, provider, account, event_id: eventId } = row;
    const [fingerprint, count] = [fingerprints[n]!.toString('hex'), deliveries[n]!];
    const now = tables.inbox.find(session, inboxId)!;
    tables.inbox.update(session, inboxId, {
      deliveries: now.deliveries + count,
      conflicts: now.conflicts + count,
    });
    const key = keyOf(inboxId, fingerprint);
    const kept = { inbox_id: inboxId, fingerprint, deliveries: count };
    if (!tables.inboxConflicts.insert(session, key, kept)) {
      const before = tables.inboxConflicts.find(session, key)!;
      tables.inboxConflicts.update(session, key, { deliveries: before.deliveries + count });
    }
    const before = conflicts.get(inboxId)?.deliveries ?? 0;
    conflicts.set(inboxId, { inboxId, provider, account, eventId, deliveries: before + count });
  }
  return rowsOf([...conflicts.values()]);
}

/** `status = 'received' and (attempts = 0 or due_at <= now())` */
function isToBeDone({ status, attempts, due_at }: InboxRow, nowMs: number): boolean {
  return status === 'received' && (attempts === 0 || due_at <= nowMs);
}

function claimEvents({ tables, session, nowMs }: Access, ids: string[]) {
  const rows = tables.inbox
    .where(session, (row) => ids.includes(row.id) && isToBeDone(row, nowMs))
    .sort(byKey(({ id }) => id))
    .filter(({ id }) => tables.inbox.tryLock(session, id)); // for update skip locked
  return rowsOf(
    rows.map((row) => ({
      id: row.id,
      provider: row.provider,
      account: row.account,
      event_id: row.event_id,
      event_type: row.event_type,
      body: row.body,
      attempts: row.attempts,
      waits_since: new Date(row.replays > 0 ? row.due_at : row.received_at),
    })),
  );
}

function findUndone({ tables, session, nowMs }: Access, ids: string[]) {
  const rows = tables.inbox.where(session, (row) => ids.includes(row.id) && isToBeDone(row, nowMs));
  return rowsOf(rows.sort(byKey(({ id }) => id)).map(({ id }) => ({ id })));
}

function finishEvents(
  { tables, session, nowMs }: Access,
  ids: string[],
  statuses: InboxRow['status'][],
  reasons: (string | null)[],
  paymentIds: (string | null)[],
  partIds: (string | null)[],
) {
  const rows = tables.inbox.where(
    session,
    ({ id, status }) => ids.includes(id) && status === 'received',
  );
  for (const { id } of rows) tables.inbox.lock(session, id);
  for (const { id } of rows) {
    const n = ids.indexOf(id);
    tables.inbox.update(session, id, {
      status: statuses[n]!,
      outcome_reason: reasons[n]!,
      payment_id: paymentIds[n]!,
      part_id: partIds[n]!,
      finished_at: nowMs,
    });
  }
  return changed(rows.length);
}

function linkWaitingEvents(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  partIds: string[],
  paymentIds: (string | null)[],
) {
  const keys = partIds.map((partId, n) => keyOf(providers[n]!, accounts[n]!, partId));
  const rows = tables.inbox.where(
    session,
    ({ provider, account, part_id, payment_id }) =>
      payment_id === null && part_id !== null && keys.includes(keyOf(provider, account, part_id)),
  );
  rows.sort(byKey(({ id }) => id));
  for (const { id } of rows) tables.inbox.lock(session, id);
  for (const { id, provider, account, part_id } of rows) {
    const payment_id = paymentIds[keys.indexOf(keyOf(provider, account, part_id))]!;
    tables.inbox.update(session, id, { payment_id });
  }
  return changed(rows.length);
}

function failEvent(
  { tables, session, nowMs }: Access,
  id: string,
  attemptsBefore: number,
  code: string,
  _message: string,
  retryInMs: number | null,
) {
  const row = tables.inbox.find(session, id);
  if (row?.status !== 'received' || row.attempts !== attemptsBefore) return changed(0);
  const isDead = retryInMs === null;
  tables.inbox.update(session, id, {
    attempts: row.attempts + 1,
    attempt_errors: [...row.attempt_errors, { attempt: row.attempts + 1, code }],
    status: isDead ? 'dead' : 'received',
    outcome_reason: isDead ? code : null,
    finished_at: isDead ? nowMs : null,
    due_at: nowMs + (retryInMs ?? 0),
    ring_at: nowMs + (retryInMs ?? 0),
    rings: 0,
    unended: 0,
  });
  return changed(1);
}

function claimRings({ tables, session, nowMs }: Access, eventsMax: number, graceSeconds: number) {
  const due = tables.inbox
    .where(session, (row) => row.status === 'received' && row.ring_at <= nowMs)
    .sort((one, other) => one.ring_at - other.ring_at || (one.id < other.id ? -1 : 1));
  const claimed = lockFirst(due, eventsMax, ({ id }) => tables.inbox.tryLock(session, id));
  return rowsOf(
    claimed.map(({ id, body, rings }) => {
      const row = tables.inbox.update(session, id, {
        ring_at: nowMs + graceSeconds * SECOND_MS,
        rings: Math.min(rings + 1, RINGS_MAX),
      });
      return { id, bytes: body.length, rings: row.rings, unended: row.unended };
    }),
  );
}

function releaseRings({ tables, session, nowMs }: Access, ids: string[]) {
  const unheard = tables.inbox
    .where(session, ({ id, status }) => ids.includes(id) && status === 'received')
    .filter(({ id }) => tables.inbox.tryLock(session, id)); // for update skip locked
  for (const { id, rings } of unheard) {
    tables.inbox.update(session, id, { ring_at: nowMs, rings: Math.max(rings - 1, 0) });
  }
  return changed(unheard.length);
}

function beginAttempts(
  { tables, session, nowMs }: Access,
  ids: string[],
  unended: number,
  graceSeconds: number,
) {
  const named = tables.inbox
    .where(
      session,
      (row) => ids.includes(row.id) && row.unended === unended && isToBeDone(row, nowMs),
    )
    .sort(byKey(({ id }) => id))
    .filter(({ id }) => tables.inbox.tryLock(session, id)); // for update skip locked
  return rowsOf(
    named.map(({ id, event_id: eventId, event_type: eventType }) => {
      const ring_at = nowMs + graceSeconds * SECOND_MS;
      tables.inbox.update(session, id, { unended: unended + 1, ring_at });
      return { id, eventId, eventType };
    }),
  );
}

function keepAttempts(
  { tables, session, nowMs }: Access,
  ids: string[],
  unended: number,
  graceSeconds: number,
) {
  const named = underWay(tables, session, ids, unended).filter(
    ({ id }) => tables.inbox.tryLock(session, id), // for update skip locked
  );
  for (const { id } of named) {
    tables.inbox.update(session, id, { ring_at: nowMs + graceSeconds * SECOND_MS });
  }
  return changed(named.length);
}

function endAttempts({ tables, session }: Access, ids: string[], unended: number) {
  const rows = underWay(tables, session, ids, unended);
  for (const { id } of rows) tables.inbox.lock(session, id);
  for (const { id } of rows) tables.inbox.update(session, id, { unended });
  return changed(rows.length);
}

/** `status = 'received' and unended = $2 + 1`, in the order of their ids */
function underWay(
  tables: Access['tables'],
  session: Access['session'],
  ids: string[],
  unended: number,
): InboxRow[] {
  return tables.inbox
    .where(
      session,
      (row) => ids.includes(row.id) && row.status === 'received' && row.unended === unended + 1,
    )
    .sort(byKey(({ id }) => id));
}

function replayEvents(on: Access, ids: string[], generations: number[], graceSeconds: number) {
  const { tables, session, nowMs } = on;
  const chosen = lockChosen(
    on,
    ids,
    generations,
    ({ status, attempts, due_at }) => status !== 'received' || (attempts > 0 && due_at > nowMs),
  );
  for (const { id, replays } of chosen) {
    tables.inbox.update(session, id, {
      status: 'received',
      attempts: 0,
      replays: replays + 1,
      outcome_reason: null,
      finished_at: null,
      rings: 0,
      unended: 0,
      due_at: nowMs,
      ring_at: nowMs + graceSeconds * SECOND_MS,
    });
  }
  return rowsOf(chosen.map(toTouched));
}

function discardEvents(on: Access, ids: string[], generations: number[]) {
  const { tables, session, nowMs } = on;
  const chosen = lockChosen(on, ids, generations, ({ status }) => status === 'dead');
  for (const { id, replays } of chosen) {
    tables.inbox.update(session, id, {
      status: 'discarded',
      finished_at: nowMs,
      replays: replays + 1,
    });
  }
  return rowsOf(chosen.map(toTouched));
}

/** `where i.replays = t.generation and … order by i.id for update of i` */
function lockChosen(
  { tables, session }: Access,
  ids: string[],
  generations: number[],
  holds: (row: InboxRow) => boolean,
): InboxRow[] {
  const chosen = tables.inbox
    .where(session, (row) => row.replays === generations[ids.indexOf(row.id)] && holds(row))
    .sort(byKey(({ id }) => id));
  for (const { id } of chosen) tables.inbox.lock(session, id);
  return chosen;
}

function toTouched({ id, status: statusBefore, outcome_reason: outcomeBefore }: InboxRow) {
  return { id, statusBefore, outcomeBefore };
}

/** A body is part of its row here: nobody removes any, since a story takes no three months. */
function findBodiless() {
  return rowsOf([]);
}

function findChosenEvents({ tables, session }: Access, ids: string[]) {
  const rows = tables.inbox.where(session, ({ id }) => ids.includes(id));
  rows.sort(byKey(({ id }) => id));
  return rowsOf(rows.map(({ id, replays: generation }) => ({ id, generation })));
}
