import { referenceOf, type ProofEvent, type Setting } from './life.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Tells what happens at Stripe, event by event, in payloads as Stripe sends them. Times are seconds
 * since the start of the life.
 * @see https://docs.stripe.com/api/payment_intents/object https://docs.stripe.com/api/charges/object
 */
export class StripeTeller {
  readonly events: ProofEvent[] = [];

  /**
   * @param payment tells the payments of one life apart
   * @param isOurs whether the payment names the order
   */
  constructor(
    private readonly setting: Setting,
    private readonly payment = 'a',
    private readonly isOurs = true,
  ) {}

  /** Continues with the same events, and another payment. */
  another(setting: Partial<Setting> = {}): StripeTeller {
    const other = new StripeTeller({ ...this.setting, ...setting }, 'b');
    Object.assign(other, { events: this.events });
    return other;
  }

  intent(type: string, at: number, fields: Fields = {}): this {
    const { amountMinor, currency, startedAt, livemode, tag } = this.setting;
    return this.tell(`payment_intent.${type}`, at, {
      id: this.intentId,
      object: 'payment_intent',
      amount: amountMinor,
      amount_capturable: 0,
      amount_details: { tip: {} },
      amount_received: 0,
      application: null,
      application_fee_amount: null,
      automatic_payment_methods: { allow_redirects: 'always', enabled: true },
      canceled_at: null,
      cancellation_reason: null,
      capture_method: 'automatic_async',
      client_secret: `${this.intentId}_secret_${tag}`,
      confirmation_method: 'automatic',
      created: startedAt,
      currency: currency.toLowerCase(),
      customer: `cus_${tag}`,
      description: `Order ${tag}`,
      last_payment_error: null,
      latest_charge: null,
      livemode,
      metadata: this.metadata,
      next_action: null,
      on_behalf_of: null,
      payment_method: null,
      payment_method_options: {
        card: { installments: null, network: null, request_three_d_secure: 'automatic' },
      },
      payment_method_types: ['card', 'link'],
      processing: null,
      receipt_email: 'buyer@example.com',
      review: null,
      setup_future_usage: null,
      shipping: null,
      source: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status: 'requires_payment_method',
      transfer_data: null,
      transfer_group: null,
      ...fields,
    });
  }

  /** @param attempt which charge of the payment */
  charge(type: string, at: number, fields: Fields = {}, attempt = 1): this {
    const { amountMinor, currency, startedAt, livemode, tag } = this.setting;
    return this.tell(`charge.${type}`, at, {
      id: this.chargeId(attempt),
      object: 'charge',
      amount: amountMinor,
      amount_captured: 0,
      amount_refunded: 0,
      application: null,
      application_fee: null,
      application_fee_amount: null,
      balance_transaction: null,
      billing_details: BILLING_DETAILS,
      calculated_statement_descriptor: 'TOLLGATE SHOP',
      captured: false,
      created: startedAt + attempt,
      currency: currency.toLowerCase(),
      customer: `cus_${tag}`,
      description: `Order ${tag}`,
      destination: null,
      dispute: null,
      disputed: false,
      failure_balance_transaction: null,
      failure_code: null,
      failure_message: null,
      fraud_details: {},
      livemode,
      metadata: this.metadata,
      on_behalf_of: null,
      order: null,
      outcome: OUTCOME,
      paid: false,
      payment_intent: this.intentId,
      payment_method: `pm_${tag}`,
      payment_method_details: CARD,
      receipt_email: 'buyer@example.com',
      receipt_number: null,
      receipt_url: `https://pay.stripe.com/receipts/payment/${tag}`,
      refunded: false,
      review: null,
      shipping: null,
      source: null,
      source_transfer: null,
      statement_descriptor: null,
      statement_descriptor_suffix: null,
      status: 'pending',
      transfer_data: null,
      transfer_group: null,
      ...fields,
    });
  }

  session(type: string, at: number, fields: Fields = {}): this {
    const { amountMinor, currency, startedAt, livemode, tag } = this.setting;
    return this.tell(`checkout.session.${type}`, at, {
      id: `cs_${livemode ? 'live' : 'test'}_${tag}`,
      object: 'checkout.session',
      amount_subtotal: amountMinor,
      amount_total: amountMinor,
      automatic_tax: { enabled: false, status: null },
      billing_address_collection: null,
      cancel_url: 'https://shop.example.com/cart',
      client_reference_id: this.isOurs ? referenceOf(this.setting) : null,
      created: startedAt,
      currency: currency.toLowerCase(),
      customer: `cus_${tag}`,
      customer_details: { ...BILLING_DETAILS, tax_exempt: 'none', tax_ids: [] },
      expires_at: startedAt + 86_400,
      livemode,
      locale: null,
      metadata: this.metadata,
      mode: 'payment',
      payment_intent: this.intentId,
      payment_method_types: ['card', 'link'],
      payment_status: 'unpaid',
      setup_intent: null,
      status: 'open',
      submit_type: null,
      subscription: null,
      success_url: 'https://shop.example.com/thanks',
      total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
      url: null,
      ...fields,
    });
  }

  /** @param name tells the refunds of one payment apart */
  refund(type: string, at: number, name: string, minor: number, fields: Fields): this {
    const { currency, startedAt, tag } = this.setting;
    return this.tell(type, at, {
      id: `re_${tag}${this.payment}${name}`,
      object: 'refund',
      amount: minor,
      balance_transaction: `txn_${tag}${this.payment}${name}`,
      charge: this.chargeId(1),
      created: startedAt + at,
      currency: currency.toLowerCase(),
      destination_details: { card: { reference_status: 'pending', type: 'refund' }, type: 'card' },
      metadata: {},
      payment_intent: this.intentId,
      reason: 'requested_by_customer',
      receipt_number: null,
      source_transfer_reversal: null,
      status: 'pending',
      transfer_reversal: null,
      ...fields,
    });
  }

  dispute(type: string, at: number, fields: Fields): this {
    const { amountMinor, currency, livemode, startedAt, tag } = this.setting;
    return this.tell(`charge.dispute.${type}`, at, {
      id: `du_${tag}${this.payment}`,
      object: 'dispute',
      amount: amountMinor,
      balance_transactions: [],
      charge: this.chargeId(1),
      created: startedAt,
      currency: currency.toLowerCase(),
      evidence: EVIDENCE,
      evidence_details: {
        due_by: startedAt + 1_209_600,
        has_evidence: false,
        past_due: false,
        submission_count: 0,
      },
      is_charge_refundable: false,
      livemode,
      metadata: {},
      payment_intent: this.intentId,
      reason: 'product_not_received',
      ...fields,
    });
  }

  /** An event whose type and object say nothing about a payment. */
  tell(type: string, at: number, object: Fields): this {
    const { livemode, startedAt, tag } = this.setting;
    const number = String(this.events.length + 1).padStart(2, '0');
    const eventId = `evt_${tag}e${number}`;
    const event = {
      id: eventId,
      object: 'event',
      api_version: '2025-09-30.clover',
      created: startedAt + at,
      data: { object },
      livemode,
      pending_webhooks: 1,
      request: { id: `req_${tag}${number}`, idempotency_key: null },
      type,
    };
    this.events.push({ provider: 'stripe', eventId, body: Buffer.from(JSON.stringify(event)) });
    return this;
  }

  chargeId(attempt: number): string {
    return `ch_${this.setting.tag}${this.payment}${attempt}`;
  }

  private get intentId(): string {
    return `pi_${this.setting.tag}${this.payment}`;
  }

  private get metadata(): Fields {
    return this.isOurs ? { order_id: referenceOf(this.setting) } : {};
  }
}

const BILLING_DETAILS = {
  address: { city: null, country: 'NL', line1: null, line2: null, postal_code: null, state: null },
  email: 'buyer@example.com',
  name: 'Sample Buyer',
  phone: null,
};

const OUTCOME = {
  advice_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'normal',
  risk_score: 21,
  seller_message: 'Payment complete.',
  type: 'authorized',
};

const CARD = {
  card: {
    brand: 'visa',
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'NL',
    exp_month: 4,
    exp_year: 2030,
    fingerprint: 'proofproofproof1',
    funding: 'credit',
    last4: '4242',
    network: 'visa',
    three_d_secure: null,
    wallet: null,
  },
  type: 'card',
};

const EVIDENCE = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  product_description: null,
  receipt: null,
  refund_policy: null,
  service_date: null,
  shipping_tracking_number: null,
  uncategorized_text: null,
};
