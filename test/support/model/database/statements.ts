import { INBOX_STATEMENTS } from './inbox.statements.js';
import { OUTBOX_STATEMENTS } from './outbox.statements.js';
import { PAYMENT_STATEMENTS } from './payments.statements.js';
import { changed, rowsOf, type Access, type Statement } from './statement.js';
import { keyOf } from './tables.js';

/** Every statement that the in-memory database knows, by the name that `src/` gives it. */
export const STATEMENTS: Readonly<Record<string, Statement>> = {
  ...INBOX_STATEMENTS,
  ...OUTBOX_STATEMENTS,
  ...PAYMENT_STATEMENTS,
  'limit-lock-wait': limitLockWait,
  'insert-effect': insertEffect,
};

function limitLockWait({ session }: Access, timeout: string) {
  session.lockTimeoutMs = Number.parseInt(timeout, 10);
  return rowsOf([]);
}

let effects = 0;

/** No statement of `src/`: what a consumer of the model does, once for each time it does it. */
function insertEffect({ tables, session }: Access, consumer: string, messageId: string) {
  effects += 1;
  tables.effects.insert(session, keyOf(effects), { consumer, messageId });
  return changed(1);
}
