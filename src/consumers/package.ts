/**
 * What other services import: `import { startConsumer } from 'tollgate/consumers'`. The only file
 * that gathers others, because a package has one entry.
 */
export type { Tx } from '../database/transaction.js';
export { consumeOnce, CONSUMED_MESSAGES_TABLE, type Consumed } from './consume-once.js';
export { NotNow, Refused } from './consumer.js';
export {
  startConsumer,
  type RunningConsumer,
  type StartConsumerOptions,
} from './start-consumer.js';
export {
  disputeData,
  messageSchema,
  orderData,
  paymentData,
  type DisputeSnapshot,
  type Message,
  type OrderSnapshot,
  type PaymentSnapshot,
  type ReviewSnapshot,
} from '../outbox/message.js';
