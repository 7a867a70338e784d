import { describe, expect, it } from '@jest/globals';
import {
  ACCESS_BY_ORDER_STATUS,
  type AccessStatus,
} from '../../../src/consumers/access/access-status.js';
import { ORDER_STATUSES } from '../../../src/payments/order.states.js';

describe('access', () => {
  it('is granted to who has paid, held while nobody knows, and revoked otherwise', () => {
    const leadingTo = (access: AccessStatus) =>
      ORDER_STATUSES.filter((status) => ACCESS_BY_ORDER_STATUS[status] === access);
    expect(leadingTo('granted')).toEqual(['paid', 'partially_refunded']);
    expect(leadingTo('held')).toEqual(['in_review']);
    expect(leadingTo('revoked')).toEqual(['open', 'partially_paid', 'refunded', 'cancelled']);
  });
});
