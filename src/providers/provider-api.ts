/** What every client of a provider's API is made with. */
export interface ApiOptions {
  /** API secret keys by account, newest first; never empty. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** `http(s)://host[:port]` without a path; null: the provider's own. */
  readonly baseUrl: string | null;
  /** For one request, connecting included. */
  readonly timeoutMs: number;
  /** Requests that are started per second; more of them wait for their turn. */
  readonly requestsPerSecondMax: number;
  /** Requests under way at once. */
  readonly concurrencyMax: number;
  /** Failures in a row after which nothing is asked for `breakerPauseMs`. */
  readonly breakerFailuresMax: number;
  readonly breakerPauseMs: number;
  /** How long a refund may still appear at a provider that has no idempotency keys. */
  readonly settleMs: number;
}

/**
 * What Tollgate asks of a provider. Every call is made outside of any transaction and may be made
 * again with the same arguments: whatever it did the first time, it does once.
 *
 * All of them throw TollgateError:
 * - `provider_refused`: the provider said no, and would say no again;
 * - `provider_unavailable`: the request did not reach the provider, or was turned away unread
 *   (connection refused, rate limit, open circuit); nothing happened there;
 * - `provider_outcome_unknown`: the provider may have acted (time-out, reset, 5xx);
 * - `provider_not_configured`: there is no API key for the account, or it is not accepted.
 */
export interface ProviderApi {
  /** True when the account has an API key. */
  hasAccount(account: string): boolean;
  /** The mode of the account's key; null when the key does not tell. */
  livemodeOf(account: string): boolean | null;
  /** True when a payment that failed can no longer succeed, so that another may be started. */
  readonly isFailureFinal: boolean;
  /** Whether a customer's e-mail address must be given to start a payment. */
  readonly needsEmail: boolean;

  /** Makes the payment at the provider, or finds the one that an earlier call made. */
  startPayment(start: PaymentStart): Promise<StartedPayment>;
  /**
   * Looks for the payment of an earlier {@link startPayment} whose answer was lost, and makes none:
   * Stripe's list by our metadata, Paystack's transaction by our reference. Null: it is not there.
   * `clientSecret` and `authorizationUrl` are null where the provider does not tell them again.
   */
  findPayment(start: Omit<PaymentStart, 'noteAsked'>): Promise<StartedPayment | null>;
  /** Makes it impossible to pay; does nothing where the provider knows no such thing. */
  cancelPayment(payment: ProviderPayment): Promise<void>;
  /** Gives money back, or finds the refund that an earlier call made. */
  refundPayment(refund: RefundOrder): Promise<RefundedPayment>;
  /** Looks at a payment with its refunds. */
  observePayment(payment: ProviderPayment): Promise<Observation>;
  /** Looks at what an event points at; null when that says nothing about a payment. */
  observeObject(account: string, pointer: ObjectPointer): Promise<Observation | null>;
}

/** Names a payment at a provider. */
export interface ProviderPayment {
  readonly account: string;
  readonly providerPaymentId: string;
}

/** What a customer is to pay. */
export interface PaymentStart {
  readonly account: string;
  /** `tg-<payment id>`: names the payment at the provider, and is told by its metadata. */
  readonly reference: string;
  /** Derived from ours; the provider does the same request once. */
  readonly idempotencyKey: string;
  readonly orderReference: string;
  readonly amountMinor: bigint;
  /** Upper-case ISO 4217. */
  readonly currency: string;
  /** Where the customer comes back to; null when the client takes care of it. */
  readonly returnUrl: string | null;
  readonly customer: Customer;
  /** When this was asked for before; null: never. */
  readonly asked: AskedBefore | null;
  /** Called right before a request leaves that may act; when it throws, none leaves. */
  readonly noteAsked: () => Promise<void>;
}

/** Earlier requests for the same, of which any may have acted. Milliseconds since 1970. */
export interface AskedBefore {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** What a provider is told of who pays, and nothing else is kept of them. */
export interface Customer {
  readonly email: string | null;
}

/** A payment that the provider waits for. */
export interface StartedPayment {
  /** The provider's id of it. */
  readonly providerPaymentId: string;
  /** With which the client's own page asks for the payment; null where there is none. */
  readonly clientSecret: string | null;
  /** The provider's page on which the customer pays; null where there is none. */
  readonly authorizationUrl: string | null;
}

export interface RefundOrder extends ProviderPayment {
  /** `tg-<refund id>`: told by the refund's metadata, so that it is found again. */
  readonly reference: string;
  readonly idempotencyKey: string;
  readonly amountMinor: bigint;
  /** Upper-case ISO 4217. */
  readonly currency: string;
  readonly reason: string | null;
  /** As in {@link PaymentStart}. */
  readonly asked: AskedBefore | null;
  readonly noteAsked: () => Promise<void>;
}

export interface RefundedPayment {
  /** The provider's id of the refund: the key of its fact. */
  readonly providerRefundId: string;
}

/** What an event points at, when it does not say by itself what happened. */
export interface ObjectPointer {
  /** In the provider's words: `payment_intent`, `charge`, `refund`, `dispute`, `transaction`… */
  readonly kind: string;
  readonly id: string;
}

/**
 * What the provider answered, as an event of our own making: the same state gives the same id, so
 * that looking often records once. `translate` of the provider understands its body.
 */
export interface Observation {
  readonly eventId: string;
  readonly eventType: string;
  /** When the provider said so, by its clock; milliseconds since 1970. */
  readonly occurredAtMs: number;
  readonly livemode: boolean | null;
  /** SHA-256 of what was seen, without the times: the same state gives the same. */
  readonly fingerprint: Buffer;
  /** JSON, without anything that could be used to pay. */
  readonly body: Buffer;
  /** The payment it is about. */
  readonly providerPaymentId: string;
  /** Refunds of the payment that name a reference of ours. */
  readonly refunds: readonly ObservedRefund[];
}

export interface ObservedRefund {
  readonly providerRefundId: string;
  /** The reference of the {@link RefundOrder}. */
  readonly reference: string;
}
