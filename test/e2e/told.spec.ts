import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, randomUUID } from 'node:crypto';
import {
  startCrmReceiver,
  type CrmReceiver,
  type ReceivedRequest,
} from '../support/crm-receiver.js';
import { eventually } from '../support/eventually.js';
import { finished } from '../support/observe.js';
import { TEST_TOKENS } from '../support/service-environment.js';
import { paymentOf, Shop } from '../support/shop.js';
import { Story } from '../support/story.js';
import { WebhookClient } from '../support/webhook-client.js';

const PROVIDERS = ['stripe', 'paystack'] as const;
const CURRENCY = { stripe: 'USD', paystack: 'NGN' } as const;
const CRM_KEY = Buffer.alloc(32, 42);
const DUE_MINOR = 5000;
const FIRST_REFUND_MINOR = 2000;

describe('what others make of the life of an order', () => {
  let receiver: CrmReceiver;
  let shop: Shop;
  let webhooks: WebhookClient;

  beforeAll(async () => {
    receiver = await startCrmReceiver();
    shop = await Shop.open({
      CONSUMERS: 'invoices,access,crm',
      CRM_URL: receiver.url,
      CRM_SECRETS: `whsec_${CRM_KEY.toString('base64')}`,
      CRM_ALLOW_PRIVATE: 'true',
      RELAY_INTERVAL_MS: '50',
    });
    webhooks = new WebhookClient(shop.service.url);
  });

  afterAll(async () => {
    webhooks.close();
    await shop.close();
    await receiver.close();
  });

  /** Nobody waits for anything, and nobody could not use what he got. */
  async function everybodyIsTold(): Promise<void> {
    await shop.standIn.webhooks.delivered();
    await eventually(async () => {
      const waiting = await shop.database.query(
        `select id from inbox where status = 'received'
         union all select id from outbox where fanned_out_at is null`,
      );
      expect(waiting).toEqual([]);
      expect((await shop.get('/v1/consumers')).json.data).toEqual(
        ['access', 'crm', 'invoices'].map((name) =>
          expect.objectContaining({ name, pending: 0, dead: 0, oldestSeconds: 0 }),
        ),
      );
    });
  }

  /** Oldest first, as `kind amount`. */
  async function documentsOf(reference: string): Promise<readonly string[]> {
    const { json } = await shop.get(`/v1/invoices?order=${reference}`);
    return json.data
      .map((one: { kind: string; amountMinor: number }) => `${one.kind} ${one.amountMinor}`)
      .reverse();
  }

  async function accessOf(reference: string): Promise<string> {
    return (await shop.get(`/v1/access/${reference}`)).json.status as string;
  }

  /** Debits less credits by account, without those that are even. */
  async function balancesOf(reference: string): Promise<Record<string, number>> {
    const { json } = await shop.get(`/v1/ledger?order=${reference}`);
    const balances = json.balances as { account: string; balanceMinor: number }[];
    expect(balances.reduce((sum, one) => sum + one.balanceMinor, 0)).toBe(0);
    const uneven = balances.filter(({ balanceMinor }) => balanceMinor !== 0);
    return Object.fromEntries(uneven.map((one) => [one.account, one.balanceMinor]));
  }

  /** What the CRM got of an order and its payments. */
  function toldOf(reference: string): readonly ReceivedRequest[] {
    return receiver.requests.filter(({ body }) => body.includes(`"${reference}"`));
  }

  /** All that there is to see of an order, and how much was told of it. */
  async function everythingAbout(reference: string): Promise<unknown> {
    const paths = ['orders/', 'ledger?order=', 'invoices?order=', 'access/'];
    const answers = await Promise.all(paths.map((path) => shop.get(`/v1/${path}${reference}`)));
    return { seen: answers.map(({ json }) => json as unknown), told: toldOf(reference).length };
  }

  describe.each(PROVIDERS)('sold and given back through %s', (provider) => {
    let reference: string;
    let paymentId: string;

    it('is not paid for: no invoice, no access', async () => {
      shop.standIn.reset();
      shop.tellWebhooks('after-answer');
      reference = await shop.order(DUE_MINOR, CURRENCY[provider]);
      const started = await shop.post(`/v1/orders/${reference}/payments`, paymentOf(provider));
      paymentId = started.json.id;
      await everybodyIsTold();
      expect(await documentsOf(reference)).toEqual([]);
      expect(await accessOf(reference)).toBe('revoked');
      expect(await balancesOf(reference)).toEqual({});
    });

    it('is paid by a webhook: an invoice, access, and the money is at the provider', async () => {
      const { providerPaymentId } = (await shop.get(`/v1/payments/${paymentId}`)).json;
      shop.standIn[provider].pay(providerPaymentId);
      await shop.orderIs(reference, 'paid');
      await everybodyIsTold();
      expect(await documentsOf(reference)).toEqual(['invoice 5000']);
      expect(await accessOf(reference)).toBe('granted');
      expect(await balancesOf(reference)).toEqual({
        [`order:${reference}`]: -DUE_MINOR,
        [`provider:${provider}:default:test`]: DUE_MINOR,
      });
    });

    it('is given back in part: a credit note, and access stays', async () => {
      await shop.post(`/v1/payments/${paymentId}/refunds`, { amountMinor: FIRST_REFUND_MINOR });
      await shop.orderIs(reference, 'partially_refunded');
      await everybodyIsTold();
      expect(await documentsOf(reference)).toEqual(['invoice 5000', 'credit_note 2000']);
      expect(await accessOf(reference)).toBe('granted');
      expect(await balancesOf(reference)).toEqual({
        [`order:${reference}`]: -DUE_MINOR,
        [`refund:${paymentId}`]: FIRST_REFUND_MINOR,
        [`provider:${provider}:default:test`]: DUE_MINOR - FIRST_REFUND_MINOR,
      });
    });

    it('is given back altogether: another credit note, and no access', async () => {
      await shop.post(`/v1/payments/${paymentId}/refunds`);
      await shop.orderIs(reference, 'refunded');
      await everybodyIsTold();
      const notes = ['invoice 5000', 'credit_note 2000', 'credit_note 3000'];
      expect(await documentsOf(reference)).toEqual(notes);
      expect(await accessOf(reference)).toBe('revoked');
      expect(await balancesOf(reference)).toEqual({
        [`order:${reference}`]: -DUE_MINOR,
        [`refund:${paymentId}`]: DUE_MINOR,
      });
    });

    it('has notes that name their invoice, in a series without a gap', async () => {
      const { json } = await shop.get(`/v1/invoices?order=${reference}`);
      const [second, first, invoice] = json.data;
      expect(invoice).toMatchObject({ series: 'INV', correctsId: null });
      expect([first.correctsId, second.correctsId]).toEqual([invoice.id, invoice.id]);
      const all = (await shop.get('/v1/invoices')).json.data as { number: number }[];
      const numbers = all.map((one) => one.number).sort((one, other) => one - other);
      expect(numbers).toEqual(all.map((_one, index) => index + 1));
    });

    it('was told to the CRM, each message once and signed', async () => {
      const told = toldOf(reference);
      const ids = await shop.database.query<{ id: string }>(
        `select id from outbox where data::text like '%"' || $1 || '"%' order by id`,
        [reference],
      );
      expect(told.map(({ message }) => ({ id: message.id })).sort(byId)).toEqual(ids);
      for (const { headers, body, message } of told) {
        expect(headers).toMatchObject({
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'webhook-id': message.id,
          'idempotency-key': message.id,
          'webhook-signature': signatureOf(headers['webhook-timestamp'] as string, message, body),
        });
      }
    });

    it('was told with versions that grow to what there is to see', async () => {
      const order = (await shop.get(`/v1/orders/${reference}`)).json;
      const aboutOrder = messagesAbout('order', reference);
      expect(aboutOrder.map(({ type }) => type)).toEqual([
        'order.created',
        'order.paid',
        'order.partially_refunded',
        'order.refunded',
      ]);
      const payment = (await shop.get(`/v1/payments/${paymentId}`)).json;
      const aboutPayment = messagesAbout('payment', paymentId);
      expect(aboutPayment.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['payment.paid', 'payment.refunded']),
      );
      const lastOfOrder = aboutOrder.at(-1)!;
      const lastOfPayment = aboutPayment.at(-1)!;
      expect(lastOfOrder).toMatchObject({
        aggregateversion: order.version,
        data: { order: { status: 'refunded', amountRefundedMinor: DUE_MINOR } },
      });
      expect(lastOfPayment).toMatchObject({
        aggregateversion: payment.version,
        data: { payment: { status: 'refunded', amountRefundedMinor: DUE_MINOR } },
      });
    });

    it('stays as it is when every webhook comes twice more', async () => {
      const before = await everythingAbout(reference);
      const { events } = shop.standIn.webhooks;
      expect(events.length).toBeGreaterThan(2);
      const receipts = await Promise.all(
        [...events, ...events].map((event) => webhooks.expectAccepted(event)),
      );
      expect(new Set(receipts)).toEqual(new Set(['duplicate']));
      await eventually(async () => {
        for (const event of events) {
          expect((await finished(shop.database, event)).deliveries).toBeGreaterThanOrEqual(3);
        }
      });
      await everybodyIsTold();
      expect(await everythingAbout(reference)).toEqual(before);
    });
  });

  describe('paid a second time by mistake', () => {
    it('is held: nothing more is issued until the contradiction is gone', async () => {
      shop.tellWebhooks('after-answer');
      const reference = await shop.order(DUE_MINOR);
      const { providerPaymentId } = await shop.payment(reference);
      shop.standIn.stripe.pay(providerPaymentId);
      await shop.orderIs(reference, 'paid');
      const again = new Story();
      const nameOrder = ({ data }: { data: { object: object } }): void => {
        Object.assign(data.object, { metadata: { order_id: reference } });
      };
      await webhooks.expectAccepted(again.stripe('payment_intent.succeeded', nameOrder));
      await shop.orderIs(reference, 'in_review');
      await everybodyIsTold();
      expect(await accessOf(reference)).toBe('held');
      expect(await documentsOf(reference)).toEqual(['invoice 5000']);

      const back = again.stripe('charge.refunded', (payload) => {
        nameOrder(payload);
        Object.assign(payload.data.object, { amount_refunded: DUE_MINOR, refunded: true });
      });
      await webhooks.expectAccepted(back);
      await shop.orderIs(reference, 'paid');
      await everybodyIsTold();
      expect(await accessOf(reference)).toBe('granted');
      expect(await documentsOf(reference)).toEqual(['invoice 5000']);
    });
  });

  describe('who asks for what is not there, or not for him', () => {
    it('hears that an order is not known', async () => {
      for (const path of ['ledger?order=nobody', 'access/nobody']) {
        expect(await shop.get(`/v1/${path}`)).toMatchObject({
          status: 404,
          json: { code: 'not_found' },
        });
      }
      expect((await shop.get('/v1/invoices?order=nobody')).json.data).toEqual([]);
      const unknown = `/v1/consumers/crm/messages/${randomUUID()}/replay`;
      expect(await shop.post(unknown, undefined, { token: TEST_TOKENS.operator })).toMatchObject({
        status: 404,
        json: { code: 'not_found' },
      });
    });

    it('may not replay without being an operator', async () => {
      const { id } = (await shop.get('/v1/consumers/crm/messages?limit=1')).json.data[0];
      const path = `/v1/consumers/crm/messages/${id}/replay`;
      for (const token of [TEST_TOKENS.viewer, TEST_TOKENS.service]) {
        expect(await shop.post(path, undefined, { token })).toMatchObject({
          status: 403,
          json: { code: 'forbidden' },
        });
      }
      // What is no dead letter is not sent again.
      expect(await shop.post(path, undefined, { token: TEST_TOKENS.operator })).toMatchObject({
        status: 200,
        json: { isReplayed: false, status: 'consumed' },
      });
    });

    it('may not read without a token', async () => {
      for (const path of ['consumers', 'invoices', 'ledger?order=nobody', 'access/nobody']) {
        expect((await fetch(`${shop.service.url}/v1/${path}`)).status).toBe(401);
      }
    });
  });

  /** By version; the CRM may have got them in another order. */
  function messagesAbout(
    aggregate: string,
    subject: string,
  ): readonly ReceivedRequest['message'][] {
    return receiver.requests
      .map(({ message }) => message)
      .filter((one) => one.aggregate === aggregate && one.subject === subject)
      .sort((one, other) => one.aggregateversion - other.aggregateversion);
  }
});

function signatureOf(timestamp: string, { id }: { id: string }, body: Buffer): string {
  const hmac = createHmac('sha256', CRM_KEY).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}
