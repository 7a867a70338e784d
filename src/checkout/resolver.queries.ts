import type { Queryable } from '../database/transaction.js';
import type { PaymentSubject } from './checkout.queries.js';

/** A payment whose provider is to be asked. */
export interface UnsettledPayment extends PaymentSubject {
  /** How often it was asked about; −1: it is only put on the schedule now. */
  readonly asks: number;
  readonly ageSeconds: number;
}

/**
 * Takes payments that are due and puts them off, so that of many resolvers one asks, and a provider
 * that does not answer is not asked again at once.
 */
export async function claimUnsettled(
  database: Queryable,
  providers: readonly string[],
  paymentsMax: number,
  putOffSeconds: number,
): Promise<UnsettledPayment[]> {
  const { rows } = await database.query<UnsettledPayment>({
    name: 'claim-unsettled',
    text: `
      with due as materialized (
        select id from payments where provider = any ($1::text[]) and ask_at <= now()
        order by ask_at limit $2 for update skip locked)
      update payments p set ask_at = now() + make_interval(secs => $3)
      from due where p.id = due.id
      returning p.id, p.provider, p.account, p.provider_payment_id as "providerPaymentId",
        p.is_provisional as "isProvisional", p.version, p.asks,
        extract(epoch from now() - p.created_at)::float8 as "ageSeconds",
        (select reference from orders where orders.id = p.order_id) as "orderReference"`,
    values: [providers, paymentsMax, putOffSeconds],
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
 * Notes that a payment was asked about. It is asked about again while it is still unsettled, unless
 * the schedule is at its end.
 *
 * @param inSeconds until the next time; null: never again
 * @param isAnswered the provider said how the payment stands
 */
export async function noteAsked(
  database: Queryable,
  paymentId: string,
  inSeconds: number | null,
  isAnswered: boolean,
): Promise<void> {
  await database.query({
    name: 'note-asked',
    text: `
      update payments set asks = asks + 1, must_ask = must_ask and not ($3 or $2::float8 is null),
        ask_at = case
          when $2::float8 is null then null
          when status in ('pending', 'authorized') or (must_ask and not $3)
            then now() + make_interval(secs => $2)
        end
      where id = $1 and asks >= 0`,
    values: [paymentId, inSeconds, isAnswered],
  });
}
