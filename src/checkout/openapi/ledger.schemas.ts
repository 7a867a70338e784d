import { FACT_KINDS } from '../../payments/payment-fact.js';
import { pageOf } from './payment.schemas.js';
import {
  AMOUNT,
  CURRENCY,
  listOf,
  named,
  nullable,
  objectOf,
  TEXT,
  TIME,
  UUID,
  type Schema,
} from './schema.js';

const ACCOUNT_NAME: Schema = {
  ...TEXT,
  pattern: '^(provider|order|suspense|refund|dispute):.',
  description:
    '`provider:<provider>:<account>` (with `:test` for test mode), `order:<reference>`, `suspense:<payment>`, ' +
    '`refund:<payment>` or `dispute:<payment>:<dispute>`',
};

export const LEDGER_SCHEMAS = {
  Transfer: objectOf({
    id: UUID,
    paymentId: {
      ...UUID,
      description: 'stays, even if the payment turns out to be a part of another one',
    },
    debitAccount: ACCOUNT_NAME,
    creditAccount: ACCOUNT_NAME,
    currency: CURRENCY,
    amountMinor: { ...AMOUNT, minimum: 1 },
    rule: { type: 'string', enum: ['capture', 'refund', 'dispute'] },
    revision: {
      type: 'integer',
      minimum: 1,
      description: '1 for the first transfer of its fact and rule; one more for each correction',
    },
    fact: objectOf({ kind: { type: 'string', enum: FACT_KINDS }, key: TEXT }),
    eventId: nullable(UUID, 'the event that told it; null when a command of ours did'),
    command: nullable(TEXT),
    postedAt: TIME,
  }),
  AccountBalance: objectOf({
    account: ACCOUNT_NAME,
    currency: CURRENCY,
    debitMinor: AMOUNT,
    creditMinor: AMOUNT,
    balanceMinor: { type: 'integer', description: 'debits less credits' },
  }),
  Ledger: pageOf('Transfer', {
    balances: {
      ...listOf(named('AccountBalance')),
      description:
        'of all transfers of the order, whatever the page; per currency they sum up to 0',
    },
  }),
} as const satisfies Readonly<Record<string, Schema>>;
