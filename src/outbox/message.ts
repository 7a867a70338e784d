import { z } from 'zod';
import { DISPUTE_STATES } from '../payments/payment-fact.js';
import { ORDER_STATUSES } from '../payments/order.states.js';
import { PAYMENT_STATUSES } from '../payments/payment.states.js';
import { REVIEW_REASONS, REVIEW_STATUSES } from '../payments/review-reasons.js';

/*
 * What others are told, in one place: these schemas are the contract. The JSON Schemas and the
 * AsyncAPI document under docs/ are made of them.
 */

const amountMinor = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('Minor units of the currency.');
const currency = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .nullable()
  .describe('Upper-case ISO 4217; null as long as nothing names one.');
const version = z
  .int()
  .min(1)
  .max(2_147_483_647) // an Integer of CloudEvents has 32 bits
  .describe(
    'Grows with every change. A snapshot that is not newer than the one you know is old news.',
  );
const time = z.iso.datetime();

/** A payment as it was right after the change; as `GET /v1/payments/{id}` shows it. */
export const paymentSnapshot = z
  .object({
    id: z.uuid(),
    provider: z.string(),
    account: z.string(),
    providerPaymentId: z
      .string()
      .nullable()
      .describe('The id at the provider; null until that has told it.'),
    orderReference: z.string().nullable().describe('Null: it belongs to no order.'),
    status: z.enum(PAYMENT_STATUSES),
    currency,
    amountMinor: amountMinor
      .nullable()
      .describe('What was to be collected, minor units; null: nobody said.'),
    amountAuthorizedMinor: amountMinor,
    amountCapturedMinor: amountMinor,
    amountRefundedMinor: amountMinor,
    livemode: z.boolean().describe('False: test mode of the provider.'),
    createdAt: time,
    version,
  })
  .meta({ id: 'payment' });

export const reviewSnapshot = z
  .object({
    reason: z.enum(REVIEW_REASONS),
    status: z.enum(REVIEW_STATUSES),
    paymentId: z.uuid().nullable().describe('The payment it is about; null: the order itself.'),
  })
  .meta({ id: 'review' });

/**
 * An order as it was right after the change; much as `GET /v1/orders/{reference}` shows it, which
 * has the times of its cancellation and the history of its reviews instead.
 */
export const orderSnapshot = z
  .object({
    reference: z.string(),
    status: z.enum(ORDER_STATUSES),
    currency,
    amountDueMinor: amountMinor
      .nullable()
      .describe('What the customer owes, minor units; null until the order is created.'),
    amountPaidMinor: amountMinor,
    amountRefundedMinor: amountMinor,
    metadata: z.record(z.string(), z.unknown()).describe('What your own service keeps with it.'),
    isCancelled: z.boolean(),
    payments: z
      .array(paymentSnapshot)
      .describe(
        'As they were then. A payment may change without its order: it has its own version.',
      ),
    reviews: z.array(reviewSnapshot).describe('Open ones: they hold the order.'),
    createdAt: time,
    version,
  })
  .meta({ id: 'order' });

export const disputeSnapshot = z
  .object({
    id: z.uuid(),
    paymentId: z.uuid(),
    providerDisputeId: z.string(),
    status: z.enum(DISPUTE_STATES),
    currency,
    amountMinor: amountMinor.nullable(),
    version,
  })
  .meta({ id: 'dispute' });

export type PaymentSnapshot = z.infer<typeof paymentSnapshot>;
export type OrderSnapshot = z.infer<typeof orderSnapshot>;
export type DisputeSnapshot = z.infer<typeof disputeSnapshot>;
export type ReviewSnapshot = z.infer<typeof reviewSnapshot>;

/** What a message is about. Versions are counted per aggregate. */
export const AGGREGATES = ['payment', 'order', 'dispute'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** `data` of the messages about a payment. */
export const paymentData = z.object({
  payment: paymentSnapshot,
  previousStatus: z
    .enum(PAYMENT_STATUSES)
    .nullable()
    .describe('Before the change; null: the payment is new.'),
  mergedInto: z
    .uuid()
    .optional()
    .describe('`payment.merged` alone: the payment of which this one turned out to be a part.'),
  review: reviewSnapshot.optional().describe('`payment.review_*` alone.'),
});

/** `data` of the messages about an order. */
export const orderData = z.object({
  order: orderSnapshot,
  previousStatus: z
    .enum(ORDER_STATUSES)
    .nullable()
    .describe('Before the change. Null in `order.created`: before it, nothing was owed.'),
  review: reviewSnapshot.optional().describe('`order.review_*` alone.'),
});

/** `data` of the messages about a dispute. */
export const disputeData = z.object({
  dispute: disputeSnapshot,
  payment: paymentSnapshot,
  previousStatus: z
    .enum(DISPUTE_STATES)
    .nullable()
    .describe('Before the change; null: the dispute is new.'),
});

/** `data` by aggregate. */
export const MESSAGE_DATA = {
  payment: paymentData,
  order: orderData,
  dispute: disputeData,
} as const;

/** The version of the schemas: another one when a consumer would have to change. */
export const SCHEMA_VERSION = 1;

/** Names the schema of `data`; the JSON Schema of this id is in docs/messages/. */
export function dataSchemaOf(aggregate: Aggregate): string {
  return `urn:tollgate:message:${aggregate}:${SCHEMA_VERSION}`;
}

const TYPE = /^[a-z][a-z_]*\.[a-z][a-z_]*$/;

/**
 * A message as consumers get it: a CloudEvent in JSON. `id` is the same however often it is sent,
 * so it is what makes it count once.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export const messageSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid().describe('The same however often it is sent: what makes it count once.'),
  source: z.string().min(1).describe('What the service that tells is called: a URI reference.'),
  type: z.string().regex(TYPE),
  subject: z.string().min(1).describe('Reference of the order, id of the payment or dispute.'),
  time: z.iso.datetime().describe('When the change was written down.'),
  datacontenttype: z.literal('application/json'),
  dataschema: z.string().describe('Names the schema of `data`, with its version.'),
  aggregate: z.enum(AGGREGATES).describe('What the message is about.'),
  aggregateid: z.uuid().describe('Versions are counted per id.'),
  aggregateversion: version,
  data: z.record(z.string(), z.unknown()),
});
export type Message = z.infer<typeof messageSchema>;

/** Every type there is, with what it means. */
export const MESSAGE_TYPES = {
  'payment.initiated': 'A payment is known.',
  'payment.pending': 'The customer or the bank has to do something first.',
  'payment.authorized': 'Funds are held.',
  'payment.failed': 'The last attempt failed; another may follow.',
  'payment.cancelled': 'The payment can no longer succeed.',
  'payment.partially_paid': 'Less was taken than was asked for.',
  'payment.paid': 'The money was taken; also when a refund of it failed afterwards.',
  'payment.partially_refunded': 'The payment moved to partially refunded.',
  'payment.refunded': 'More of the payment is refunded than before; the snapshot has the total.',
  'payment.refund_reversed': 'Less of it is refunded than before: a refund failed.',
  'payment.updated': 'Something else about it changed: an amount, its order, its id, a dispute.',
  'payment.merged': 'It turned out to be a part of another payment and is no more.',
  'payment.review_opened': 'Facts about the payment contradict each other; it holds its order.',
  'payment.review_resolved': 'That review is closed.',
  'order.created': 'The order was given its terms: what it owes.',
  'order.open': 'Nothing is paid.',
  'order.partially_paid': 'Less is paid than owed, whatever of it was given back.',
  'order.paid': 'What is owed is paid.',
  'order.partially_refunded': 'What is owed was paid, and a part of it is given back.',
  'order.refunded': 'All that was paid is given back.',
  'order.cancelled': 'The order was called off.',
  'order.in_review': 'A review holds the order.',
  'order.updated': 'An amount, its currency or its cancellation changed, without a move.',
  'order.review_opened': 'Money facts contradict each other: a person has to decide.',
  'order.review_resolved': 'A person decided, or the contradiction went.',
  'dispute.inquiry': 'The cardholder or the bank asks; no money was taken.',
  'dispute.open': 'The disputed money was taken.',
  'dispute.closed': 'The dispute ended without a decision.',
  'dispute.won': 'The money came back.',
  'dispute.lost': 'The money is gone.',
  'dispute.updated': 'Its amount or currency changed.',
} as const satisfies Record<string, string>;
export type MessageType = keyof typeof MESSAGE_TYPES;

/** A message in the making: what is written with the change that it tells of. */
export interface NewMessage {
  readonly type: MessageType;
  readonly aggregate: Aggregate;
  readonly aggregateId: string;
  /** The aggregate's version after the change. */
  readonly version: number;
  readonly subject: string;
  /** Tells messages of one type and version apart: the reason of a review; empty otherwise. */
  readonly part: string;
  /** `data` as the schema of its aggregate says. */
  readonly data: Readonly<Record<string, unknown>>;
}
