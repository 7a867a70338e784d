import type { Queryable, Tx } from '../database/transaction.js';
import type { PaymentKey } from '../payments/lock.queries.js';
import type { PaymentStatus } from '../payments/payment.states.js';
import type { Customer, PaymentStart } from '../providers/provider-api.js';
import { toAsked, type Asked, type AskedColumns } from './asked.queries.js';

/** Makes the row of a payment before its provider is asked for it, under our own reference. */
export async function insertStartedPayment(
  tx: Tx,
  payment: PaymentKey & { readonly id: string; readonly livemode: boolean },
): Promise<void> {
  await tx.query({
    name: 'insert-started-payment',
    text: `
      insert into payments
        (id, provider, account, provider_payment_id, started_as, status, livemode, is_provisional)
      values ($1, $2, $3, $4, $4, 'initiated', $5, true)`,
    values: [
      payment.id,
      payment.provider,
      payment.account,
      payment.providerPaymentId,
      payment.livemode,
    ],
  });
}

/** What is asked of a provider, written down before it is asked. */
export interface NewStart {
  readonly paymentId: string;
  readonly reference: string;
  readonly orderReference: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly returnUrl: string | null;
  readonly customer: Customer;
}

export async function insertStart(tx: Tx, start: NewStart): Promise<void> {
  await tx.query({
    name: 'insert-payment-start',
    text: `
      insert into payment_starts
        (payment_id, reference, amount_minor, currency, return_url, customer, order_reference)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      start.paymentId,
      start.reference,
      start.amountMinor.toString(),
      start.currency,
      start.returnUrl,
      JSON.stringify(start.customer),
      start.orderReference,
    ],
  });
}

/** What became of asking: `unknown` is never a guess. */
export type StartOutcome = 'asked' | 'unknown' | 'accepted' | 'refused';

/** A payment that we started, with all that is needed to ask for it again. */
export interface StartedRow extends Asked, Omit<PaymentStart, 'asked' | 'noteAsked'> {
  readonly paymentId: string;
  readonly provider: string;
  readonly outcome: StartOutcome;
}

/** Null: the payment was not started by us. */
export async function findStart(
  database: Queryable,
  paymentId: string,
): Promise<StartedRow | null> {
  const { rows } = await database.query<StartColumns>({
    name: 'find-payment-start',
    text: `
      select s.payment_id, s.reference, s.amount_minor, s.currency, s.return_url, s.customer,
             s.outcome, s.asked, s.first_asked_at, s.last_asked_at, p.provider, p.account, s.order_reference
      from payment_starts s join payments p on p.id = s.payment_id
      where s.payment_id = $1`,
    values: [paymentId],
  });
  return rows[0] ? toStarted(rows[0]) : null;
}

export async function markStart(
  tx: Tx,
  paymentId: string,
  given: {
    readonly outcome: StartOutcome;
    readonly clientSecret?: string | null;
    readonly authorizationUrl?: string | null;
  },
): Promise<void> {
  await tx.query({
    name: 'mark-payment-start',
    text: `
      update payment_starts set outcome = $2, client_secret = coalesce($3, client_secret),
        authorization_url = coalesce($4, authorization_url)
      where payment_id = $1`,
    values: [paymentId, given.outcome, given.clientSecret ?? null, given.authorizationUrl ?? null],
  });
}

/** Nobody knows whether the provider has the payment: it is asked about by and by. */
export async function markUnknownOutcome(tx: Tx, paymentId: string): Promise<void> {
  await tx.query({
    name: 'mark-unknown-outcome',
    text: `
      update payments set unknown_outcome = true, ask_at = now(), asks = -1, must_ask = true,
        version = version + 1, updated_at = now()
      where id = $1 and is_provisional and not unknown_outcome`,
    values: [paymentId],
  });
}

/** It is known after all: the provider has the payment, or has it not. */
export async function clearUnknownOutcome(tx: Tx, paymentId: string): Promise<void> {
  await tx.query({
    name: 'clear-unknown-outcome',
    text: `
      update payments set unknown_outcome = false, version = version + 1, updated_at = now()
      where id = $1 and unknown_outcome`,
    values: [paymentId],
  });
}

/** The provider is asked about this payment on schedule, whatever its status. */
export async function askLater(database: Queryable, paymentId: string): Promise<void> {
  await database.query({
    name: 'ask-later',
    text: `update payments set ask_at = now(), asks = -1, must_ask = true where id = $1`,
    values: [paymentId],
  });
}

/** A payment of an order, with what a client needs to go on with it. */
export interface OrderPaymentRow extends PaymentKey {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly isProvisional: boolean;
  readonly version: number;
  /** Null: it was not started by us. */
  readonly outcome: StartOutcome | null;
  /** Minor units that we asked for, in digits. */
  readonly startedMinor: string | null;
  readonly clientSecret: string | null;
  readonly authorizationUrl: string | null;
}

export async function findOrderPayments(
  database: Queryable,
  reference: string,
): Promise<OrderPaymentRow[]> {
  const { rows } = await database.query<OrderPaymentRow>({
    name: 'find-order-payments',
    text: `
      select p.id, p.provider, p.account, p.provider_payment_id as "providerPaymentId", p.status,
             p.is_provisional as "isProvisional", p.version, s.outcome, s.client_secret as "clientSecret",
             s.amount_minor as "startedMinor", s.authorization_url as "authorizationUrl"
      from orders o join payments p on p.order_id = o.id
           left join payment_starts s on s.payment_id = p.id
      where o.reference = $1 order by p.id`,
    values: [reference],
  });
  return rows;
}

/** A payment as the commands need it. */
export interface PaymentSubject extends PaymentKey {
  readonly id: string;
  readonly isProvisional: boolean;
  readonly version: number;
  /** Null: it belongs to no order. */
  readonly orderReference: string | null;
}

export async function findSubject(
  database: Queryable,
  paymentId: string,
): Promise<PaymentSubject | null> {
  const { rows } = await database.query<PaymentSubject>({
    name: 'find-payment-subject',
    text: `
      select p.id, p.provider, p.account, p.provider_payment_id as "providerPaymentId",
             p.is_provisional as "isProvisional", p.version, o.reference as "orderReference"
      from payments p left join orders o on o.id = p.order_id where p.id = $1`,
    values: [paymentId],
  });
  return rows[0] ?? null;
}

interface StartColumns extends AskedColumns {
  payment_id: string;
  reference: string;
  amount_minor: string;
  currency: string;
  return_url: string | null;
  customer: Customer;
  outcome: StartOutcome;
  provider: string;
  account: string;
  order_reference: string;
}

function toStarted(row: StartColumns): StartedRow {
  return {
    paymentId: row.payment_id,
    provider: row.provider,
    account: row.account,
    outcome: row.outcome,
    reference: row.reference,
    idempotencyKey: row.reference,
    orderReference: row.order_reference,
    amountMinor: BigInt(row.amount_minor),
    currency: row.currency,
    returnUrl: row.return_url,
    customer: row.customer,
    ...toAsked(row),
  };
}
