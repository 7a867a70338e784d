import { Recordset } from '../database/recordset.js';
import type { Tx } from '../database/transaction.js';
import type { ParkedFact, PartRow, RecordedFact } from './ring-state.js';

const FACT = {
  kind: 'text',
  key: 'text',
  amountMinor: 'bigint',
  currency: 'text',
  occurredAtMs: 'float8',
  state: 'text',
  reference: 'text',
  livemode: 'boolean',
  inboxId: 'uuid',
} as const;
const FACT_COLUMNS = `kind, fact_key, amount_minor, currency, occurred_at, state, reference,
  livemode, inbox_id`;
const FACT_VALUES = `kind, key, "amountMinor", currency, to_timestamp("occurredAtMs" / 1000.0),
  state, reference, livemode, "inboxId"`;

export const FACTS = new Recordset({ paymentId: 'uuid', ...FACT });

/** Stores what the registers hold now. The payment's lock is held, so nothing newer can be lost. */
export async function upsertFacts(
  tx: Tx,
  facts: readonly (RecordedFact & { readonly paymentId: string })[],
): Promise<void> {
  await tx.query({
    name: 'upsert-facts',
    text: `
      insert into payment_facts (payment_id, ${FACT_COLUMNS})
      select "paymentId", ${FACT_VALUES} from ${FACTS.sql}
      on conflict (payment_id, kind, fact_key) do update set
        amount_minor = excluded.amount_minor, currency = excluded.currency,
        occurred_at = excluded.occurred_at, state = excluded.state,
        reference = excluded.reference, livemode = excluded.livemode,
        inbox_id = excluded.inbox_id`,
    values: FACTS.values(facts),
  });
}

const PART = { provider: 'text', account: 'text', partId: 'text' } as const;
export const PARKED_FACTS = new Recordset({ ...PART, ...FACT });

export async function upsertParkedFacts(tx: Tx, facts: readonly ParkedFact[]): Promise<void> {
  await tx.query({
    name: 'upsert-parked-facts',
    text: `
      insert into parked_facts (provider, account, part_id, ${FACT_COLUMNS})
      select provider, account, "partId", ${FACT_VALUES} from ${PARKED_FACTS.sql}
      on conflict (provider, account, part_id, kind, fact_key) do update set
        amount_minor = excluded.amount_minor, currency = excluded.currency,
        occurred_at = excluded.occurred_at, state = excluded.state,
        reference = excluded.reference, livemode = excluded.livemode,
        inbox_id = excluded.inbox_id`,
    values: PARKED_FACTS.values(facts),
  });
}

export const PART_KEYS = new Recordset(PART);

/** Removes parked facts that their payment has taken over. */
export async function deleteParkedFacts(tx: Tx, parts: readonly PartRow[]): Promise<void> {
  await tx.query({
    name: 'delete-parked-facts',
    text: `
      delete from parked_facts using ${PART_KEYS.sql}
      where parked_facts.provider = t.provider and parked_facts.account = t.account
        and parked_facts.part_id = t."partId"`,
    values: PART_KEYS.values(parts),
  });
}

export const PARTS = new Recordset({ ...PART, paymentId: 'uuid' });

/** Notes whose parts these are; what is known already stays as it is. */
export async function linkParts(tx: Tx, parts: readonly PartRow[]): Promise<void> {
  await tx.query({
    name: 'link-parts',
    text: `
      update payment_parts set payment_id = t."paymentId" from ${PARTS.sql}
      where payment_parts.provider = t.provider and payment_parts.account = t.account
        and payment_parts.part_id = t."partId" and payment_parts.payment_id is null`,
    values: PARTS.values(parts),
  });
}
