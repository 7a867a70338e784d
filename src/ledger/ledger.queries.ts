import { newId } from '../new-id.js';
import { uuidArray } from '../database/binary-array.js';
import { Recordset } from '../database/recordset.js';
import type { Queryable, Tx } from '../database/transaction.js';
import type { Transfer } from './transfers.js';

/** Who or what told a fact: an event of the inbox, or a command of ours. */
interface Cause {
  readonly inboxId: string | null;
  readonly command: string | null;
}

/** Everything that stands in the ledger for these payments; their locks keep it from growing. */
export async function loadTransfers(tx: Tx, paymentIds: readonly string[]): Promise<Transfer[]> {
  const { rows } = await tx.query<Omit<Transfer, 'amountMinor'> & { amountMinor: string }>({
    name: 'load-transfers',
    text: `
      select payment_id as "paymentId", order_id as "orderId", fact_kind as "factKind",
             fact_key as "factKey", rule, revision, debit_account as "debitAccount",
             credit_account as "creditAccount", currency, amount_minor as "amountMinor"
      from ledger_transfers where payment_id = any ($1::uuid[]) order by id`,
    values: [uuidArray(paymentIds)],
  });
  return rows.map((row) => ({ ...row, amountMinor: BigInt(row.amountMinor) }));
}

export const TRANSFERS = new Recordset({
  id: 'uuid',
  paymentId: 'uuid',
  orderId: 'uuid',
  factKind: 'text',
  factKey: 'text',
  rule: 'text',
  revision: 'integer',
  debitAccount: 'text',
  creditAccount: 'text',
  currency: 'text',
  amountMinor: 'bigint',
  inboxId: 'uuid',
  command: 'text',
});

/**
 * Posts transfers. `UNIQUE (payment_id, fact_kind, fact_key, rule, revision)` makes it impossible
 * to post one difference twice.
 */
export async function insertTransfers(
  tx: Tx,
  transfers: readonly (Transfer & Cause)[],
): Promise<void> {
  await tx.query({
    name: 'insert-transfers',
    text: `
      insert into ledger_transfers
        (id, payment_id, order_id, fact_kind, fact_key, rule, revision, debit_account,
         credit_account, currency, amount_minor, inbox_id, command)
      select id, "paymentId", "orderId", "factKind", "factKey", rule, revision, "debitAccount",
             "creditAccount", currency, "amountMinor", "inboxId", command
      from ${TRANSFERS.sql}`,
    values: TRANSFERS.values(transfers.map((one) => ({ id: newId(), ...one }))),
  });
}

/** What the transfers for an order have moved on one account. Minor units. */
export interface AccountBalance {
  readonly account: string;
  readonly currency: string;
  readonly debitMinor: number;
  readonly creditMinor: number;
  /** Debits less credits. */
  readonly balanceMinor: number;
}

export async function sumAccounts(database: Queryable, orderId: string): Promise<AccountBalance[]> {
  const { rows } = await database.query<AccountBalance>({
    name: 'sum-accounts',
    text: `
      select account, currency, sum(debit)::float8 as "debitMinor",
             sum(credit)::float8 as "creditMinor", sum(debit - credit)::float8 as "balanceMinor"
      from (
        select debit_account as account, currency, amount_minor as debit, 0 as credit
        from ledger_transfers where order_id = $1
        union all
        select credit_account, currency, 0, amount_minor
        from ledger_transfers where order_id = $1) as entries
      group by account, currency order by account, currency`,
    values: [orderId],
  });
  return rows;
}
