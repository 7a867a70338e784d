/** As Stripe renders its objects; `created` is in seconds. */
export interface Origin {
  readonly id: string;
  readonly created: number;
  readonly livemode: boolean;
}

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'canceled'
  | 'succeeded';
export type RefundStatus = 'pending' | 'succeeded' | 'failed' | 'canceled';
export type DisputeStatus = 'warning_needs_response' | 'needs_response' | 'won' | 'lost';
export type Metadata = Readonly<Record<string, string>>;

/** What the API is asked to make an intent of. */
export interface IntentInput {
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Metadata;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly captureMethod: string;
}

/** @see https://docs.stripe.com/api/payment_intents/object */
export function createIntent({ id, created, livemode }: Origin, input: IntentInput) {
  return {
    id,
    object: 'payment_intent',
    amount: input.amount,
    amount_capturable: 0,
    amount_received: 0,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: null as number | null,
    cancellation_reason: null as string | null,
    capture_method: input.captureMethod,
    client_secret: `${id}_secret_${id.slice(-8)}`,
    confirmation_method: 'automatic',
    created,
    currency: input.currency,
    customer: null,
    description: input.description,
    last_payment_error: null as Readonly<Record<string, unknown>> | null,
    latest_charge: null as string | null,
    livemode,
    metadata: input.metadata,
    next_action: null as Readonly<Record<string, unknown>> | null,
    payment_method: null,
    payment_method_types: ['card', 'us_bank_account'],
    processing: null,
    receipt_email: input.receiptEmail,
    status: 'requires_payment_method' as IntentStatus,
  };
}
export type StripeIntent = ReturnType<typeof createIntent>;

/** @see https://docs.stripe.com/api/charges/object */
export function createCharge(
  { id, created, livemode }: Origin,
  intent: StripeIntent,
  amount: number,
) {
  return {
    id,
    object: 'charge',
    amount,
    amount_captured: 0,
    amount_refunded: 0,
    balance_transaction: null as string | null,
    captured: false,
    created,
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: false,
    failure_code: null as string | null,
    failure_message: null as string | null,
    livemode,
    // As it is at this moment: Stripe copies it once, and later changes go separate ways.
    metadata: intent.metadata,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method_details: { card: { brand: 'visa', last4: '4242' }, type: 'card' },
    refunded: false,
    status: 'pending' as 'pending' | 'succeeded' | 'failed',
  };
}
export type StripeCharge = ReturnType<typeof createCharge>;

export interface RefundInput {
  readonly amount: number;
  readonly metadata: Metadata;
  readonly reason: string | null;
  readonly status: RefundStatus;
}

/** @see https://docs.stripe.com/api/refunds/object */
export function createRefund({ id, created }: Origin, charge: StripeCharge, input: RefundInput) {
  return {
    id,
    object: 'refund',
    amount: input.amount,
    balance_transaction: null,
    charge: charge.id,
    created,
    currency: charge.currency,
    failure_reason: undefined as string | undefined,
    metadata: input.metadata,
    payment_intent: charge.payment_intent,
    reason: input.reason,
    receipt_number: null,
    status: input.status,
  };
}
export type StripeRefund = ReturnType<typeof createRefund>;

/** @see https://docs.stripe.com/api/disputes/object */
export function createDispute(
  { id, created, livemode }: Origin,
  charge: StripeCharge,
  amount: number,
) {
  return {
    id,
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    is_charge_refundable: false,
    livemode,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: 'product_not_received',
    status: 'needs_response' as DisputeStatus,
  };
}
export type StripeDispute = ReturnType<typeof createDispute>;

export type StripeObject = StripeIntent | StripeCharge | StripeRefund | StripeDispute;
