import type { Pool } from 'pg';
import { consumeOnce } from '../consume-once.js';
import type { Consumer } from '../consumer.js';
import { readOrder } from '../read-order.js';
import { ACCESS_BY_ORDER_STATUS } from './access-status.js';
import { setAccess } from './access.queries.js';

/**
 * Grants access to what a paid order pays for, and takes it back. The access to an order is that of
 * the newest version it was told of, in whatever order it is told.
 */
export function createAccessConsumer({ pool }: { readonly pool: Pool }): Consumer {
  const name = 'access';
  return {
    name,
    types: ['order.*'],
    consume: async (message) => {
      const { reference, status } = readOrder(message);
      const access = {
        orderReference: reference,
        status: ACCESS_BY_ORDER_STATUS[status],
        version: message.aggregateversion,
      };
      await consumeOnce(pool, name, message, (tx) => setAccess(tx, access));
    },
  };
}
