import { MESSAGES } from '../../../../src/outbox/outbox.queries.js';
import type { DispatchRow } from './rows.js';
import {
  byKey,
  changed,
  fromColumns,
  fromJson,
  lockFirst,
  PostgresError,
  rowsOf,
  UNIQUE_VIOLATION,
  type Access,
  type Columns,
  type Statement,
} from './statement.js';
import { keyOf } from './tables.js';

const SECOND_MS = 1000;

/**
 * The statements of `src/outbox/*.queries.ts` that the model runs, and the one with which a
 * consumer remembers what it has consumed.
 */
export const OUTBOX_STATEMENTS = {
  'insert-messages': insertMessages,
  'register-consumers': registerConsumers,
  'fan-out-messages': fanOutMessages,
  'claim-dispatches': claimDispatches,
  'mark-published': markPublished,
  'release-dispatches': releaseDispatches,
  'is-dispatch-wanted': isDispatchWanted,
  'mark-consumed': markConsumed,
  'fail-dispatch': failDispatch,
  'postpone-dispatch': postponeDispatch,
  'replay-dispatches': replayDispatches,
  'discard-dispatches': discardDispatches,
  'insert-consumed': insertConsumed,
} satisfies Record<string, Statement>;

interface MessageColumns {
  readonly id: string;
  readonly type: string;
  readonly aggregate: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly part: string;
  readonly subject: string;
  readonly data: unknown;
}

function insertMessages({ tables, session, nowMs }: Access, ...columns: Columns) {
  const messages = fromColumns<MessageColumns>(MESSAGES, columns);
  for (const { aggregateId: aggregate_id, ...message } of messages) {
    const change = keyOf(aggregate_id, message.version, message.type, message.part);
    if (!tables.outboxChanges.insert(session, change, {})) {
      throw new PostgresError(UNIQUE_VIOLATION, 'outbox_change_unique');
    }
    const row = { ...message, aggregate_id, created_at: nowMs, fanned_out_at: null };
    tables.outbox.insert(session, message.id, row);
  }
  return changed(messages.length);
}

function registerConsumers({ tables, session }: Access, json: string) {
  const consumers = fromJson<{ name: string; patterns: string[] }>(json);
  for (const consumer of consumers.sort(byKey(({ name }) => name))) {
    if (tables.consumers.insert(session, consumer.name, consumer)) continue;
    tables.consumers.update(session, consumer.name, { patterns: consumer.patterns });
  }
  return changed(consumers.length);
}

function fanOutMessages({ tables, session, nowMs }: Access, messagesMax: number) {
  const unseen = tables.outbox
    .where(session, ({ fanned_out_at }) => fanned_out_at === null)
    .sort(byKey(({ id }) => id));
  const waiting = lockFirst(unseen, messagesMax, ({ id }) => tables.outbox.tryLock(session, id));
  const consumers = [...tables.consumers.visible(session)];
  for (const { id, type } of waiting) {
    for (const { name, patterns } of consumers) {
      if (!patterns.some((pattern) => isLike(type, pattern))) continue;
      tables.dispatches.insert(session, keyOf(name, id), {
        consumer: name,
        message_id: id,
        due_at: nowMs,
        ...NEW_DISPATCH,
      });
    }
    tables.outbox.update(session, id, { fanned_out_at: nowMs });
  }
  return rowsOf([{ messages: waiting.length }]);
}

const NEW_DISPATCH = {
  status: 'pending',
  turn: 0,
  tries: 0,
  sends: 0,
  attempts: 0,
  reason: null,
  replays: 0,
  published_at: null,
  settled_at: null,
} as const;

/** SQL's `like`, as far as our patterns go: text, `%` at its end, and `\` before what is meant. */
function isLike(text: string, pattern: string): boolean {
  const plain = pattern.replace(/\\(.)/g, '$1');
  return plain.endsWith('%') ? text.startsWith(plain.slice(0, -1)) : text === plain;
}

function claimDispatches(
  { tables, session, nowMs }: Access,
  consumer: string,
  dispatchesMax: number,
  leaseSeconds: number,
  sendsMax: number,
) {
  const due = tables.dispatches
    .where(
      session,
      (row) =>
        row.consumer === consumer &&
        row.status === 'pending' &&
        row.due_at <= nowMs &&
        row.sends <= sendsMax,
    )
    .sort((one, other) => one.due_at - other.due_at);
  const claimed = lockFirst(due, dispatchesMax, (row) =>
    tables.dispatches.tryLock(session, keyOfDispatch(row)),
  );
  const rows = claimed.map((row) => {
    const due_at = nowMs + leaseSeconds * SECOND_MS;
    const { message_id: messageId, turn } = row;
    tables.dispatches.update(session, keyOfDispatch(row), { turn: turn + 1, due_at });
    const message = tables.outbox.find(session, messageId)!;
    return {
      messageId,
      tries: row.tries,
      attempts: row.attempts,
      turn: turn + 1,
      sends: row.sends,
      type: message.type,
      aggregate: message.aggregate,
      aggregateId: message.aggregate_id,
      version: message.version,
      subject: message.subject,
      data: message.data,
      createdAt: new Date(message.created_at),
    };
  });
  return rowsOf(rows.sort(byKey(({ messageId }) => messageId)));
}

function markPublished(
  on: Access,
  consumer: string,
  messageIds: string[],
  turns: number[],
  resendSeconds: number,
) {
  const { nowMs } = on;
  return updateTurns(on, consumer, messageIds, turns, ({ sends }) => ({
    published_at: nowMs,
    sends: sends + 1,
    due_at: nowMs + resendSeconds * SECOND_MS * 2 ** Math.min(sends, 3),
  }));
}

function releaseDispatches(on: Access, consumer: string, messageIds: string[], turns: number[]) {
  const { nowMs } = on;
  return updateTurns(on, consumer, messageIds, turns, () => ({ due_at: nowMs }));
}

/** `d.turn = t.turn and d.status = 'pending'` */
function updateTurns(
  { tables, session }: Access,
  consumer: string,
  messageIds: string[],
  turns: number[],
  fieldsOf: (row: DispatchRow) => Partial<DispatchRow>,
) {
  const rows = tables.dispatches.where(
    session,
    (row) =>
      row.consumer === consumer &&
      row.status === 'pending' &&
      row.turn === turns[messageIds.indexOf(row.message_id)],
  );
  for (const row of rows) tables.dispatches.lock(session, keyOfDispatch(row));
  for (const row of rows) {
    tables.dispatches.update(session, keyOfDispatch(row), fieldsOf(row));
  }
  return changed(rows.length);
}

/** The dispatch while it is pending and this is its try. */
function findTry({ tables, session }: Access, consumer: string, messageId: string, tries: number) {
  const row = tables.dispatches.find(session, keyOf(consumer, messageId));
  return row?.status === 'pending' && row.tries === tries ? row : undefined;
}

function isDispatchWanted(on: Access, consumer: string, messageId: string, tries: number) {
  return rowsOf(findTry(on, consumer, messageId, tries) ? [{}] : []);
}

function markConsumed({ tables, session, nowMs }: Access, consumer: string, messageId: string) {
  const row = tables.dispatches.find(session, keyOf(consumer, messageId));
  if (!row || row.status === 'consumed') return changed(0);
  const fields = { status: 'consumed', settled_at: nowMs, reason: null } as const;
  tables.dispatches.update(session, keyOfDispatch(row), fields);
  return changed(1);
}

function failDispatch(
  on: Access,
  consumer: string,
  messageId: string,
  tries: number,
  code: string,
  _message: string,
  retryInMs: number,
  isFinal: boolean,
  attemptsMax: number,
) {
  const { tables, session, nowMs } = on;
  const row = findTry(on, consumer, messageId, tries);
  if (!row) return rowsOf([]);
  const isDead = isFinal || row.attempts + 1 >= attemptsMax;
  const { status, attempts } = tables.dispatches.update(session, keyOfDispatch(row), {
    turn: row.turn + 1,
    tries: row.tries + 1,
    attempts: row.attempts + 1,
    sends: 0,
    status: isDead ? 'dead' : 'pending',
    reason: isDead ? code : null,
    settled_at: isDead ? nowMs : null,
    due_at: nowMs + retryInMs,
  });
  return rowsOf([{ status, attempts }]);
}

function postponeDispatch(
  on: Access,
  consumer: string,
  messageId: string,
  tries: number,
  retryInMs: number,
) {
  const row = findTry(on, consumer, messageId, tries);
  if (!row) return changed(0);
  on.tables.dispatches.update(on.session, keyOfDispatch(row), {
    turn: row.turn + 1,
    tries: row.tries + 1,
    sends: 0,
    due_at: on.nowMs + retryInMs,
  });
  return changed(1);
}

function replayDispatches(
  on: Access,
  consumers: string[],
  messageIds: string[],
  generations: number[],
) {
  const chosen = lockChosen(on, consumers, messageIds, generations, ['dead', 'discarded']);
  for (const row of chosen) {
    on.tables.dispatches.update(on.session, keyOfDispatch(row), {
      status: 'pending',
      turn: row.turn + 1,
      tries: row.tries + 1,
      attempts: 0,
      sends: 0,
      reason: null,
      settled_at: null,
      due_at: on.nowMs,
      replays: row.replays + 1,
    });
  }
  return rowsOf(chosen.map(toTouched));
}

function discardDispatches(
  on: Access,
  consumers: string[],
  messageIds: string[],
  generations: number[],
) {
  const chosen = lockChosen(on, consumers, messageIds, generations, ['dead']);
  for (const row of chosen) {
    const fields = { settled_at: on.nowMs, tries: row.tries + 1 };
    on.tables.dispatches.update(on.session, keyOfDispatch(row), { status: 'discarded', ...fields });
  }
  return rowsOf(chosen.map(toTouched));
}

/** `d.tries = t.generation and d.status in (…) order by d.consumer, d.message_id for update` */
function lockChosen(
  { tables, session }: Access,
  consumers: string[],
  messageIds: string[],
  generations: number[],
  statuses: readonly DispatchRow['status'][],
): DispatchRow[] {
  const rows = consumers.flatMap((consumer, n) => {
    const row = tables.dispatches.find(session, keyOf(consumer, messageIds[n]!));
    const isChosen = row && row.tries === generations[n] && statuses.includes(row.status);
    return isChosen ? [row] : [];
  });
  rows.sort(byKey(keyOfDispatch));
  for (const row of rows) tables.dispatches.lock(session, keyOfDispatch(row));
  return rows;
}

function toTouched({ consumer, message_id: messageId, status, reason }: DispatchRow) {
  return { consumer, messageId, statusBefore: status, outcomeBefore: reason };
}

function insertConsumed({ tables, session }: Access, consumer: string, message_id: string) {
  const key = keyOf(consumer, message_id);
  // The primary key (consumer, message_id), on conflict do nothing
  const isNew = tables.consumedMessages.insert(session, key, { consumer, message_id });
  return rowsOf(isNew ? [{ message_id }] : []);
}

function keyOfDispatch({ consumer, message_id }: DispatchRow): string {
  return keyOf(consumer, message_id);
}
