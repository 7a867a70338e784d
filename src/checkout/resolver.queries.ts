import type { Queryable } from '../database/transaction.js';
import type { PaymentSubject } from './checkout.queries.js';

/** A payment whose provider is to be asked. */
export interface UnsettledPayment extends PaymentSubject {
  /** How often it was asked about; −1: it is only put on the schedule now. */
  readonly asks: number;
  readonly ageSeconds: number;
  /** Until when it was put off: whoever wants it asked about meanwhile moves that. */
  readonly claim: string;
}

/**
 * Takes payments that are due and puts them off, so that of many resolvers one asks, and a provider
 * that does not answer is not asked again at once.
 */
export async function claimUnsettled(
  database: Queryable,
  provider: string,
  paymentsMax: number,
  putOffSeconds: number,
): Promise<UnsettledPayment[]> {
  const { rows } = await database.query<UnsettledPayment>({
    name: 'claim-unsettled',
    text: `
      with due as materialized (
        select id from payments where provider = $1 and ask_at <= now()
        order by ask_at limit $2 for update skip locked)
      update payments p set ask_at = now() + make_interval(secs => $3)
      from due where p.id = due.id
      returning p.id, p.provider, p.account, p.provider_payment_id as "providerPaymentId",
        p.is_provisional as "isProvisional", p.version, p.asks,
        extract(epoch from now() - p.created_at)::float8 as "ageSeconds",
        p.ask_at::text as claim,
        (select reference from orders where orders.id = p.order_id) as "orderReference"`,
    values: [provider, paymentsMax, putOffSeconds],
  });
  return rows;
}

/** Puts payments on the schedule that have just become pending. */
export async function schedule(
  database: Queryable,
  paymentIds: readonly string[],
  inSeconds: number,
): Promise<void> {
  await database.query({
    name: 'schedule-asking',
    text: `
      update payments set asks = 0, ask_at = now() + make_interval(secs => $2)
      where id = any ($1::uuid[]) and asks = -1`,
    values: [paymentIds, inSeconds],
  });
}

/**
 * Notes that a payment was asked about. It is asked about again while it is still unsettled, or has
 * a refund of which nobody knows, unless the schedule is at its end.
 *
 * @param inSeconds until the next time; null: never again
 * @param result whether the provider said how the payment stands; one that could not be asked does
 * not count
 */
export async function noteAsked(
  database: Queryable,
  { id, claim }: Pick<UnsettledPayment, 'id' | 'claim'>,
  inSeconds: number | null,
  result: 'answered' | 'absent' | 'failed',
): Promise<void> {
  await database.query({
    name: 'note-asked',
    // Not when somebody wants it asked about meanwhile: what was seen may be older than the wish.
    text: `
      with asked as materialized (
        select id, must_ask and $2::float8 is not null and ($3 <> 'answered' or exists (
                     select from refunds
                     where payment_id = $1 and outcome in ('asked', 'unknown'))) as must_ask
        from payments where id = $1 and ask_at = $4::timestamptz and asks >= 0 for update)
      update payments p set must_ask = asked.must_ask,
        asks = case when $3 = 'failed' then p.asks else p.asks + 1 end,
        ask_at = case
          when $2::float8 is null then null
          when p.status in ('pending', 'authorized') or asked.must_ask or $3 = 'failed'
            then now() + make_interval(secs => $2)
        end
      from asked where p.id = asked.id`,
    values: [id, inSeconds, result, claim],
  });
}
