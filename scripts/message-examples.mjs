/**
 * An example of every message. Nothing in it is made up but the facts: the stories below go through
 * the code that plans messages, which is handed in, built or as a test sees it.
 */

const START_MS = Date.UTC(2026, 2, 1, 10);
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;
const SOURCE = '/tollgate';
const ACCOUNT = { provider: 'stripe', account: 'default' };
const CURRENCY = 'EUR';

/** What happens, in words of `payment-fact.ts`; `due` is what the order owes, where there is one. */
const STORIES = [
  {
    due: 5000n,
    events: [
      [],
      [requested(5000n), { kind: 'pending' }],
      [{ kind: 'failed' }],
      [{ kind: 'authorized', amountMinor: 5000n }],
      [captured(2000n)],
      [captured(3000n)],
      [captured(5000n)],
      [refund('re_1', 2000n, 'succeeded')],
      [refund('re_2', 3000n, 'pending')],
      [refund('re_2', 3000n, 'failed')],
    ],
  },
  {
    due: 5000n,
    events: [
      [requested(5000n), captured(5000n)],
      [dispute('inquiry', 5000n)],
      [dispute('open', 5000n)],
      [dispute('open', 4000n)],
      [dispute('won', 4000n)],
    ],
  },
  { due: 5000n, events: [[requested(5000n), captured(5000n)], [dispute('lost', 5000n)]] },
  {
    due: 5000n,
    events: [[requested(5000n), captured(5000n)], [dispute('closed', 5000n)]],
  },
  // Paid more than it owes, until the difference is given back.
  {
    due: 4000n,
    events: [[requested(5000n), captured(5000n)], [refund('re_1', 1000n, 'succeeded')]],
  },
  // Without an order; more is given back than is known to have been taken.
  {
    events: [
      [captured(4000n)],
      [{ kind: 'refunded_total', amountMinor: 5000n }],
      [{ kind: 'captured', key: 'ch_2', amountMinor: 1000n }],
    ],
  },
  { due: 5000n, events: [[requested(5000n)], [{ kind: 'cancelled' }]], isCalledOff: true },
  {
    due: 5000n,
    events: [[requested(5000n), captured(5000n)], [{ ...requested(5000n), isOfAnother: true }]],
  },
  { events: [[captured(5000n)]], isMerged: true },
];

/** What is told at a time. */
export function messageExamples(code) {
  const told = STORIES.flatMap((story, index) => tellStory(code, story, index + 1));
  const firsts = new Map();
  for (const one of told) if (!firsts.has(one.message.type)) firsts.set(one.message.type, one);
  return Object.fromEntries(firsts);
}

/** Everything that is told of a story, as its consumers get it. */
function tellStory(code, story, number) {
  const order = orderRow(number, '', story.due);
  const other = orderRow(number + 100, '-other', null);
  const payment = paymentRow(number);
  const state = {
    payments: [payment],
    facts: new Map([[payment.id, []]]),
    disputes: [],
    orders: [order, other],
    orderPayments: [],
    reviews: [],
    parts: [],
    parkedFacts: [],
    transfers: [],
  };
  const told = [];
  const tell = (messages, at) => told.push(...messages.map((message) => ({ message, at })));

  if (story.due !== undefined) tell(created(code, state), 0);
  story.events.forEach((facts, at) => tell(applyEvent(code, state, facts, number, at + 1), at + 1));
  const last = story.events.length + 1;
  if (story.isCalledOff) tell(calledOff(code, state), last);
  if (story.isMerged) {
    const [row] = state.payments;
    tell([code.mergedMessage(row, null, idOf('payment', number + 100))], last);
  }
  return told.map(({ message, at }, index) =>
    dispatchOf(code, message, number * 100 + index, timeOf(at)),
  );
}

function created({ OrderDrafts }, state) {
  const drafts = new OrderDrafts(state);
  return [drafts.messageOf(state.orders[0].id, 'order.created', null)];
}

function calledOff({ OrderDrafts }, state) {
  const [order] = state.orders;
  const cancelled = { ...order, isCancelled: true, version: order.version + 1 };
  const drafts = new OrderDrafts({ ...state, orders: [cancelled] });
  drafts.derive(order.id, { inboxId: null, command: 'cancel_order' }, []);
  return drafts.messages;
}

/** Plans an event about the payment of the story, and takes over what that changes. */
function applyEvent({ planRing }, state, given, number, at) {
  const [{ providerPaymentId, id }] = state.payments;
  const facts = given.map((fact) => toFact(fact, providerPaymentId, number, at));
  const told = { providerPaymentId, startedAs: null, partIds: [], livemode: true, facts };
  const changes = planRing([{ ...ACCOUNT, inboxId: null, command: null, facts: told }], state);

  state.payments = replaced(state.payments, changes.payments, ['id']);
  state.orders = replaced(state.orders, changes.orders, ['id']);
  state.orderPayments = state.payments.filter(({ orderId }) => orderId !== null);
  state.reviews = replaced(state.reviews, changes.reviews, ['paymentId', 'orderId', 'reason']);
  state.transfers = [...state.transfers, ...changes.transfers];
  state.facts.set(id, replaced(state.facts.get(id), changes.facts, ['kind', 'key']));

  // The id of a new dispute is random; an example has to stay the same.
  let text = JSON.stringify(changes.messages);
  const disputes = changes.disputes.map((row) => {
    text = text.replaceAll(row.id, idOf('dispute', number));
    return { ...row, id: idOf('dispute', number) };
  });
  state.disputes = replaced(state.disputes, disputes, ['id']);
  return JSON.parse(text);
}

/** A list with newer rows in the place of those of the same key. */
function replaced(rows, changed, key) {
  const keyOf = (row) => JSON.stringify(key.map((column) => row[column]));
  return [...new Map([...rows, ...changed].map((row) => [keyOf(row), row])).values()];
}

function dispatchOf({ toDispatch }, message, number, createdAt) {
  const { type, aggregate, aggregateId, version, subject } = message;
  const data = JSON.parse(JSON.stringify(message.data)); // as the outbox has it
  const row = {
    type,
    aggregate,
    aggregateId,
    version,
    subject,
    data,
    createdAt,
    tries: 0,
    attempts: 0,
  };
  return toDispatch({ ...row, messageId: idOf('message', number) }, SOURCE);
}

function toFact({ isOfAnother, ...fact }, providerPaymentId, number, at) {
  const isAboutOrder = fact.kind === 'requested' && STORIES[number - 1].due !== undefined;
  return {
    key: providerPaymentId,
    amountMinor: null,
    currency: CURRENCY,
    occurredAtMs: timeOf(at).getTime() - SECOND_MS,
    state: null,
    reference: isAboutOrder ? referenceOf(number, isOfAnother ? '-other' : '') : null,
    ...fact,
  };
}

function requested(amountMinor) {
  return { kind: 'requested', amountMinor };
}

function captured(amountMinor) {
  return { kind: 'captured', amountMinor };
}

function refund(key, amountMinor, state) {
  return { kind: 'refund', key, amountMinor, state };
}

function dispute(state, amountMinor) {
  return { kind: 'dispute', key: 'dp_1', amountMinor, state };
}

function paymentRow(number) {
  return {
    id: idOf('payment', number),
    ...ACCOUNT,
    providerPaymentId: `pi_${number + 1000}`,
    orderId: null,
    status: 'initiated',
    currency: null,
    amountMinor: null,
    amountAuthorizedMinor: 0n,
    amountCapturedMinor: 0n,
    amountRefundedMinor: 0n,
    livemode: true,
    isProvisional: false,
    startedAs: null,
    createdAt: timeOf(1),
    version: 0,
  };
}

/** @param due null or undefined: it was named by a payment, and is not created */
function orderRow(number, suffix, due = null) {
  return {
    id: idOf('order', number),
    reference: referenceOf(number, suffix),
    status: 'open',
    currency: due === null ? null : CURRENCY,
    amountDueMinor: due,
    isCancelled: false,
    amountPaidMinor: 0n,
    amountRefundedMinor: 0n,
    isCancelRequested: false,
    metadata: due === null ? {} : { customer: 'customer-1' },
    createdAt: timeOf(0),
    version: due === null ? 0 : 1,
  };
}

function referenceOf(number, suffix) {
  return `order-${(number % 100) + 1000}${suffix}`;
}

function timeOf(minutes) {
  return new Date(START_MS + minutes * MINUTE_MS);
}

const KINDS = ['message', 'payment', 'order', 'dispute'];

/** A UUID of version 7, as our ids are. */
function idOf(kind, number) {
  return `0196a000-000${KINDS.indexOf(kind)}-7000-8000-${String(number).padStart(12, '0')}`;
}
