import { TollgateError } from '../errors.js';
import { orderData, type Message, type OrderSnapshot } from '../outbox/message.js';

const PROBLEMS_SHOWN_MAX = 5;

/**
 * The order that a message tells of.
 * @throws TollgateError `consumer_refused`: it is not told as the contract says
 */
export function readOrder(message: Message): OrderSnapshot {
  const parsed = orderData.safeParse(message.data);
  if (parsed.success) return parsed.data.order;
  const problems = parsed.error.issues.map((one) => `${one.path.join('.')} (${one.code})`);
  throw new TollgateError(
    'consumer_refused',
    `expected data about an order in ${message.type}, found it wrong at ` +
      `${problems.slice(0, PROBLEMS_SHOWN_MAX).join(', ')}; check who wrote the message`,
  );
}
