import { TollgateError } from '../errors.js';
import { writing, type Operation } from '../idempotency/operation.js';
import { createOrder } from '../payments/create-order.js';
import { showOrder } from '../payments/show.queries.js';
import { readInput } from '../read-input.js';
import { newOrderInput } from './inputs.js';

/**
 * Creates an order and takes the payments that came before it. Asking for an order that is there
 * with the same terms is no error: it is what was wanted.
 */
export const CREATE_ORDER: Operation = {
  name: 'create_order',
  first: 'started',
  phases: {
    started: writing(async (tx, { body }) => {
      const input = readInput(newOrderInput, body);
      const { reference } = input;
      const terms = { ...input, amountDueMinor: BigInt(input.amountDueMinor) };
      const result = await createOrder(tx, terms);
      const order = await showOrder(tx, reference);
      if (result === 'differs') {
        throw new TollgateError('order_exists', 'there is an order with this reference', {
          members: { order },
        });
      }
      const location = `/v1/orders/${encodeURIComponent(reference)}`;
      return {
        response: { status: result === 'created' ? 201 : 200, headers: { location }, body: order },
      };
    }),
  },
};
