import { createHash } from 'node:crypto';
import { referenceOf, type ProofEvent, type Setting } from './life.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Tells what happens at Paystack, in payloads as Paystack sends them. No two of one life have the
 * same bytes, since their hash is all that tells them apart. Times are seconds since the start of
 * the life.
 * @see https://paystack.com/docs/payments/webhooks/#types-of-events
 */
export class PaystackTeller {
  readonly events: ProofEvent[] = [];

  /**
   * @param number of the transaction; Paystack counts them
   * @param isOurs whether the transaction names the order
   */
  constructor(
    private readonly setting: Setting,
    private readonly number: number,
    private readonly isOurs = true,
  ) {}

  /** @param payment tells the transactions of one life apart */
  charge(event: string, at: number, fields: Fields = {}, payment = 'a'): this {
    return this.tell(event, { ...this.transaction(at, payment), ...fields });
  }

  /** A refund has no id, and its amount is a text. */
  refund(status: string, minor: number, fields: Fields = {}): this {
    const { currency, livemode, tag } = this.setting;
    return this.tell(`refund.${status}`, {
      status,
      transaction_reference: this.reference('a'),
      refund_reference: status === 'processed' || status === 'failed' ? `TRF_${tag}` : null,
      amount: String(minor),
      currency,
      processor: 'instant-transfer',
      customer: { first_name: 'Sample', last_name: 'Buyer', email: 'buyer@example.com' },
      integration: 400_001,
      domain: livemode ? 'live' : 'test',
      ...fields,
    });
  }

  dispute(type: string, at: number, fields: Fields): this {
    const { amountMinor, currency, livemode } = this.setting;
    const openedAt = this.time(7200);
    return this.tell(`charge.dispute.${type}`, {
      id: this.number + 1_000_000_000,
      refund_amount: amountMinor,
      currency,
      resolution: null,
      domain: livemode ? 'live' : 'test',
      transaction: { ...this.transaction(60, 'a'), plan: {}, subaccount: {}, split: {} },
      transaction_reference: null,
      category: 'chargeback',
      customer: CUSTOMER,
      bin: '408408',
      last4: '4081',
      dueAt: this.time(1_000_000),
      resolvedAt: null,
      evidence: null,
      attachments: null,
      note: null,
      history: [{ status: 'pending', by: 'buyer@example.com', createdAt: openedAt }],
      messages: [
        { sender: 'buyer@example.com', body: 'I got nothing for that', createdAt: openedAt },
      ],
      created_at: openedAt,
      updated_at: this.time(at),
      ...fields,
    });
  }

  tell(event: string, data: Fields): this {
    const body = Buffer.from(JSON.stringify({ event, data }));
    const digest = createHash('sha256').update(body).digest('hex');
    this.events.push({ provider: 'paystack', eventId: `sha256:${digest}`, body });
    return this;
  }

  private transaction(at: number, payment: string): Fields {
    const { amountMinor, currency, livemode } = this.setting;
    return {
      id: this.number + payment.charCodeAt(0),
      domain: livemode ? 'live' : 'test',
      status: 'success',
      reference: this.reference(payment),
      amount: amountMinor,
      message: null,
      gateway_response: 'Successful',
      paid_at: this.time(at),
      created_at: this.time(at - 30),
      channel: 'card',
      currency,
      ip_address: '192.0.2.1',
      metadata: this.isOurs
        ? { order_id: referenceOf(this.setting), referrer: 'https://shop.example.com/' }
        : '',
      fees_breakdown: null,
      log: LOG,
      fees: Math.round(amountMinor * 0.015),
      fees_split: null,
      authorization: AUTHORIZATION,
      customer: CUSTOMER,
      plan: {},
      subaccount: {},
      split: {},
      order_id: null,
      requested_amount: amountMinor,
      pos_transaction_data: null,
      source: { type: 'api', source: 'merchant_api', entry_point: 'transaction_initialize' },
    };
  }

  private reference(payment: string): string {
    return `tg-${this.setting.tag}${payment}`;
  }

  private time(at: number): string {
    return new Date((this.setting.startedAt + at) * 1000).toISOString();
  }
}

const CUSTOMER = {
  id: 9_000_001,
  first_name: 'Sample',
  last_name: 'Buyer',
  email: 'buyer@example.com',
  customer_code: 'CUS_proof0000000001',
  phone: null,
  metadata: null,
  risk_action: 'default',
  international_format_phone: null,
};

const AUTHORIZATION = {
  authorization_code: 'AUTH_proof00001',
  bin: '408408',
  last4: '4081',
  exp_month: '12',
  exp_year: '2030',
  channel: 'card',
  card_type: 'visa ',
  bank: 'TEST BANK',
  country_code: 'NG',
  brand: 'visa',
  reusable: true,
  signature: 'SIG_proof000000000001',
  account_name: null,
};

const LOG = {
  start_time: 1_772_359_200,
  time_spent: 16,
  attempts: 1,
  authentication: 'pin',
  errors: 0,
  success: true,
  mobile: false,
  input: [],
  history: [
    { type: 'action', message: 'Attempted to pay with card', time: 15 },
    { type: 'success', message: 'Successfully paid with card', time: 16 },
  ],
};
