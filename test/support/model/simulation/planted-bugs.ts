import { v7 as uuidv7 } from 'uuid';
import { inTransaction } from '../../../../src/database/transaction.js';
import { insertEvents } from '../../../../src/inbox/inbox.queries.js';
import { EventReceiver } from '../../../../src/inbox/receive-event.js';
import {
  claimDispatches,
  markConsumed,
  markPublished,
} from '../../../../src/outbox/dispatch.queries.js';
import { toDispatch } from '../../../../src/outbox/dispatch.js';
import { fanOutMessages } from '../../../../src/outbox/outbox.queries.js';
import type { RelayContext } from '../../../../src/outbox/relay.js';
import { INBOX_STATEMENTS } from '../database/inbox.statements.js';
import { byKey, rowsOf, type Access } from '../database/statement.js';
import type { Planted, ReceiverParts } from './planted.js';

/*
 * What others got wrong, each in place of one thing that Tollgate does. They live in tests alone.
 */

/** The claim takes rows whatever their status: who hears a ring twice works twice. */
export const CLAIM_WITHOUT_GUARD: Planted = {
  statements: {
    'claim-events': ({ tables, session }: Access, ids: string[]) => {
      const rows = tables.inbox.where(session, ({ id }) => ids.includes(id));
      const claimed = rows
        .sort(byKey(({ id }) => id))
        .filter(({ id }) => tables.inbox.tryLock(session, id));
      return rowsOf(claimed.map((row) => ({ ...row, waits_since: new Date(row.received_at) })));
    },
  },
};

/** The receiver rings for an event before the event is committed. */
export const RING_BEFORE_COMMIT: Planted = {
  receiver: ({ pool, options, doorbell }) => ({
    receive: async (provider, account, event) => {
      const id = uuidv7();
      await doorbell.ring([id]);
      const row = { id, provider, account, event };
      const recorded = await insertEvents(pool, [row], options.graceSeconds);
      return recorded.has(id) ? 'recorded' : 'duplicate';
    },
  }),
};

/** The receiver answers as soon as it has the event in its hands. */
export const ANSWER_BEFORE_COMMIT: Planted = {
  receiver: ({ pool, options, listeners }: ReceiverParts) => {
    const receiver = new EventReceiver(pool, options, listeners);
    return {
      receive: (provider, account, event) => {
        void receiver.receive(provider, account, event).catch(() => undefined);
        return Promise.resolve('recorded');
      },
    };
  },
};

/** A capture goes under the id of the event that tells of it, and not of the payment. */
export const FACTS_BY_EVENT: Planted = {
  translate: (told, eventId) => ({
    ...told,
    facts: told.facts.map((fact) => (fact.kind === 'captured' ? { ...fact, key: eventId } : fact)),
  }),
};

/** The sweeper finds nothing, ever. */
export const SWEEPER_THAT_NEVER_RINGS: Planted = {
  statements: { 'claim-rings': () => rowsOf([]) },
};

/** The sweeper does not look at when a ring is due. */
export const SWEEPER_WITHOUT_PATIENCE: Planted = {
  statements: {
    'claim-rings': (on: Access, eventsMax: number, graceSeconds: number) =>
      INBOX_STATEMENTS['claim-rings']({ ...on, nowMs: Infinity }, eventsMax, graceSeconds),
  },
};

/** The relay notes that a message was sent, and then sends it. */
export const RELAY_THAT_MARKS_FIRST: Planted = {
  relay: (context) => relayed(context, markPublished),
};

/** The same for a relay that does not wait for anybody to report: what is sent is done with. */
export const RELAY_THAT_FORGETS_FIRST: Planted = {
  relay: (context) =>
    relayed(context, async (pool, consumer, turns) => {
      for (const { messageId } of turns) await markConsumed(pool, consumer, messageId);
    }),
};

async function relayed(
  { pool, recipients, messagesMax, leaseSeconds, resendSeconds, source }: RelayContext,
  mark: typeof markPublished,
): Promise<void> {
  await fanOutMessages(pool, messagesMax);
  for (const { consumer, queue } of recipients) {
    const due = await claimDispatches(pool, consumer, messagesMax, leaseSeconds, 24);
    await mark(pool, consumer, due, resendSeconds);
    await queue.addAll(due.map((row) => toDispatch(row, source)));
  }
}

/** A consumer does not remember what it has consumed. */
export const CONSUMER_WITHOUT_MEMORY: Planted = {
  consumeOnce: async (pool, _consumer, _message, effect) => {
    await inTransaction(pool, effect);
    return 'consumed';
  },
};
