import { PROVIDERS } from '../../providers/providers.js';
import { newOrderInput, nothing, refundInput, startPaymentInput } from '../inputs.js';
import {
  CANCELLED_ORDER,
  ORDER,
  PAID_PAYMENT,
  REFUNDED_PAYMENT,
  STARTED_AT_PAYSTACK,
  STARTED_AT_STRIPE,
  UNKNOWN_PAYMENT,
  UNKNOWN_REFUND,
} from './examples.js';
import type { Route } from './route-codes.js';
import { idParameter, ORDER_PARAMETER, shows, type RouteDescription } from './route-description.js';
import { bodyOf, named, TEXT } from './schema.js';

const [firstProvider, ...otherProviders] = PROVIDERS.map(({ name }) => name);

const LOCATION = { Location: { ...TEXT, description: 'path of what was made' } };

export const COMMAND_ROUTES = {
  'POST /v1/orders': {
    name: 'createOrder',
    summary: 'Create an order',
    description: `Says what a customer owes. Payments that a provider told of before are taken over at once.

The terms of an order, \`currency\` and \`amountDueMinor\`, are given once. An order that is there with
the same terms is a 200 and stays as it is, \`metadata\` included; with others it is \`order_exists\`.
Texts hold no control characters, \`metadata\` at most 50 entries, and \`currency\` is one of ISO 4217, in
either case.`,
    body: {
      schema: bodyOf(newOrderInput),
      required: true,
      examples: {
        order: {
          reference: 'order-1001',
          currency: 'USD',
          amountDueMinor: 5000,
          metadata: { cart: 'c-77' },
        },
      },
    },
    answers: {
      200: {
        description: 'It was there with the same terms',
        schema: named('Order'),
        examples: { order: ORDER },
        headers: LOCATION,
      },
      201: {
        description: 'Created',
        schema: named('Order'),
        examples: { order: ORDER },
        headers: LOCATION,
      },
    },
  },

  'POST /v1/orders/{reference}/payments': {
    name: 'startPayment',
    summary: 'Start a payment of an order',
    description: `Asks the provider for a payment of what is left to pay, and hands over with what the
customer pays: \`clientSecret\` at Stripe, \`authorizationUrl\` at Paystack. At Paystack both are null in
the rare case that an answer was lost and the page has been used since: the payment is under way.

An order has one open payment at a time; a second one is \`payment_in_progress\`, with the first.
Paystack needs \`customer.email\`. \`returnUrl\` is passed on to Paystack and given back to you; at Stripe
your own page sends the customer there.`,
    parameters: [ORDER_PARAMETER],
    body: {
      schema: bodyOf(startPaymentInput([firstProvider ?? '', ...otherProviders])),
      required: true,
      examples: {
        stripe: { provider: 'stripe', customer: { email: 'buyer@example.com' } },
        paystack: {
          provider: 'paystack',
          returnUrl: 'https://shop.example/thanks',
          customer: { email: 'buyer@example.com', name: 'Ada Buyer' },
        },
      },
    },
    answers: {
      201: {
        description: 'The provider waits for the customer',
        schema: named('StartedPayment'),
        examples: { stripe: STARTED_AT_STRIPE, paystack: STARTED_AT_PAYSTACK },
        headers: LOCATION,
      },
    },
    members: { provider_outcome_unknown: { payment: UNKNOWN_PAYMENT } },
  },

  'POST /v1/orders/{reference}/cancel': {
    name: 'cancelOrder',
    summary: 'Cancel an order',
    description: `From the moment this is accepted no payment of the order is started, even when a provider
cannot be reached now. Payments that are open are cancelled at their providers, then the order is.
Paystack knows no cancellation: should the customer pay all the same, or have been faster, the order
goes to review (\`captured_after_cancel\`). An order that has taken money is \`order_paid\`: refund it.`,
    parameters: [ORDER_PARAMETER],
    body: { schema: bodyOf(nothing), required: false, examples: { nothing: {} } },
    answers: shows('Order', 'Called off; look at `status`: the customer may have been faster', {
      cancelled: CANCELLED_ORDER,
    }),
  },

  'POST /v1/payments/{id}/verify': {
    name: 'verifyPayment',
    summary: 'Ask the provider about a payment now',
    description: `Writes what the provider answers into the inbox, like a webhook, and shows the payment as it
stands after that. Needs no \`Idempotency-Key\`: it may be repeated, and run beside webhooks.`,
    parameters: [idParameter('payment')],
    answers: shows('Payment', 'The payment as it stands', { paid: PAID_PAYMENT }),
  },

  'POST /v1/payments/{id}/refunds': {
    name: 'refundPayment',
    summary: 'Refund a payment, or a part of it',
    description: `Without \`amountMinor\`, all that is left: what was captured, less what was refunded, less
refunds that were asked for. A refund counts from the moment it is written down, before the provider
is asked, so that several at once cannot give back more than was taken. \`status\` may be \`pending\`:
the provider tells later how it ended.

Stripe takes \`duplicate\`, \`fraudulent\` and \`requested_by_customer\` as a \`reason\` of its own; any other
becomes metadata there, and a note to the customer at Paystack.`,
    parameters: [idParameter('payment')],
    body: {
      schema: bodyOf(refundInput),
      required: false,
      examples: {
        part: { amountMinor: 2000, reason: 'requested_by_customer' },
        all: {},
      },
    },
    answers: {
      201: {
        description: 'The provider has taken it',
        schema: named('RefundedPayment'),
        examples: { refund: REFUNDED_PAYMENT },
      },
    },
    members: { provider_outcome_unknown: { refund: UNKNOWN_REFUND } },
  },
} as const satisfies Readonly<Partial<Record<Route, RouteDescription>>>;
