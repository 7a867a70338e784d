import type { Pool } from 'pg';
import type { consumeOnce } from '../../../../src/consumers/consume-once.js';
import type { Tx } from '../../../../src/database/transaction.js';
import type {
  EventReceiver,
  ReceiverListeners,
  ReceiverOptions,
} from '../../../../src/inbox/receive-event.js';
import type { RelayContext } from '../../../../src/outbox/relay.js';
import type { PaymentFacts } from '../../../../src/payments/payment-fact.js';
import type { Doorbell } from '../../../../src/queues/doorbell.js';
import type { Statement } from '../database/statement.js';

/** What an implementation of the receiver gets. */
export interface ReceiverParts {
  readonly pool: Pool;
  readonly options: ReceiverOptions;
  readonly listeners: ReceiverListeners;
  readonly doorbell: Doorbell;
}

/** A fault of the code that the model must find: what takes the place of something of `src/`. */
export interface Planted {
  /** Statements by name. */
  readonly statements?: Readonly<Record<string, Statement>>;
  readonly receiver?: (parts: ReceiverParts) => Pick<EventReceiver, 'receive'>;
  /** What an event with this id is taken to say. */
  readonly translate?: (facts: PaymentFacts, eventId: string) => PaymentFacts;
  readonly relay?: (context: RelayContext) => Promise<unknown>;
  readonly consumeOnce?: (
    pool: Pool,
    consumer: string,
    message: { readonly id: string },
    effect: (tx: Tx) => Promise<unknown>,
  ) => ReturnType<typeof consumeOnce>;
}
