import { TRANSFERS } from '../../../../src/ledger/ledger.queries.js';
import { FACTS, PARKED_FACTS, PART_KEYS, PARTS } from '../../../../src/payments/fact.queries.js';
import {
  DISPUTES,
  ORDERS,
  PAYMENTS,
  REVIEWS,
  TRANSITIONS,
} from '../../../../src/payments/write.queries.js';
import type {
  DisputeColumns,
  FactColumns,
  OrderColumns,
  ParkedFactRow,
  PaymentColumns,
  ReviewColumns,
  TransferRow,
  TransitionRow,
} from './rows.js';
import {
  byKey,
  changed,
  fromColumns,
  PostgresError,
  rowsOf,
  UNIQUE_VIOLATION,
  type Access,
  type Columns,
  type Statement,
} from './statement.js';
import { keyOf } from './tables.js';

/** The statements of `src/payments/*.queries.ts` and `src/ledger/` that applying events runs. */
export const PAYMENT_STATEMENTS = {
  'find-order-references': findOrderReferences,
  'insert-orders': insertOrders,
  'lock-orders': lockOrders,
  'update-orders': updateOrders,
  'insert-payments': insertPayments,
  'lock-payments': lockPayments,
  'update-payments': updatePayments,
  'insert-parts': insertParts,
  'lock-parts': lockParts,
  'link-parts': linkParts,
  'load-facts': loadFacts,
  'upsert-facts': upsertFacts,
  'load-parked-facts': loadParkedFacts,
  'upsert-parked-facts': upsertParkedFacts,
  'delete-parked-facts': deleteParkedFacts,
  'load-disputes': loadDisputes,
  'upsert-disputes': upsertDisputes,
  'load-order-payments': loadOrderPayments,
  'load-reviews': loadReviews,
  'upsert-reviews-payment_id': upsertReviews,
  'upsert-reviews-order_id': upsertReviews,
  'insert-transitions': insertTransitions,
  'load-transfers': loadTransfers,
  'insert-transfers': insertTransfers,
} satisfies Record<string, Statement>;

function findOrderReferences(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  paymentIds: string[],
  partProviders: string[],
  partAccounts: string[],
  partIds: string[],
) {
  const ids = new Set<string>();
  paymentIds.forEach((id, n) => {
    const known = tables.paymentKeys.find(session, keyOf(providers[n]!, accounts[n]!, id));
    if (known) ids.add(known.id);
  });
  partIds.forEach((id, n) => {
    const key = keyOf(partProviders[n]!, partAccounts[n]!, id);
    const paymentId = tables.paymentParts.find(session, key)?.payment_id;
    if (paymentId) ids.add(paymentId);
  });
  const references = new Set<string>();
  for (const id of ids) {
    const orderId = tables.payments.find(session, id)?.order_id;
    for (const order of tables.orders.visible(session)) {
      if (order.id === orderId) references.add(order.reference);
    }
    for (const { payment_id, reference } of tables.paymentFacts.visible(session)) {
      if (payment_id === id && reference !== null) references.add(reference);
    }
  }
  return rowsOf([...references].map((reference) => ({ reference })));
}

function insertOrders({ tables, session, nowMs }: Access, ids: string[], references: string[]) {
  const orders = ids.map((id, n) => ({ id, reference: references[n]! }));
  for (const { id, reference } of orders.sort(byKey((one) => one.reference))) {
    // UNIQUE (reference), on conflict do nothing
    tables.orders.insert(session, reference, {
      id,
      reference,
      status: 'open',
      currency: null,
      amount_due_minor: null,
      amount_paid_minor: '0',
      amount_refunded_minor: '0',
      is_cancelled: false,
      is_cancel_requested: false,
      metadata: {},
      created_at: new Date(nowMs),
      version: 0,
    });
  }
  return changed(orders.length);
}

function lockOrders({ tables, session }: Access, references: string[]) {
  const orders = tables.orders
    .where(session, ({ reference }) => references.includes(reference))
    .sort(byKey(({ reference }) => reference));
  for (const { reference } of orders) tables.orders.lock(session, reference);
  return rowsOf(orders);
}

/** An order of `RingChanges` as it travels. */
interface OrderSent {
  readonly id: string;
  readonly status: string;
  readonly currency: string | null;
  readonly amountPaidMinor: string;
  readonly amountRefundedMinor: string;
  readonly version: number;
}

function updateOrders({ tables, session }: Access, ...columns: Columns) {
  const orders = fromColumns<OrderSent>(ORDERS, columns);
  for (const order of orders) {
    const fields: Partial<OrderColumns> = {
      status: order.status,
      currency: order.currency,
      amount_paid_minor: order.amountPaidMinor,
      amount_refunded_minor: order.amountRefundedMinor,
      version: order.version,
    };
    const [known] = tables.orders.where(session, ({ id }) => id === order.id);
    if (known) tables.orders.update(session, known.reference, fields);
  }
  return changed(orders.length);
}

function insertPayments(
  { tables, session, nowMs }: Access,
  ids: string[],
  providers: string[],
  accounts: string[],
  providerPaymentIds: string[],
  livemodes: boolean[],
) {
  const payments = ids.map((id, n) => ({
    id,
    provider: providers[n]!,
    account: accounts[n]!,
    provider_payment_id: providerPaymentIds[n]!,
    livemode: livemodes[n]!,
  }));
  payments.sort(byKey((one) => keyOf(one.provider_payment_id, one.provider, one.account)));
  for (const payment of payments) {
    const { id, provider, account, provider_payment_id } = payment;
    const key = keyOf(provider, account, provider_payment_id);
    // UNIQUE (provider, account, provider_payment_id), on conflict do nothing
    if (!tables.paymentKeys.insert(session, key, { id })) continue;
    const row = { ...payment, ...NEW_PAYMENT, created_at: new Date(nowMs) };
    tables.payments.insert(session, id, row);
  }
  return changed(payments.length);
}

const NEW_PAYMENT = {
  order_id: null,
  status: 'initiated',
  currency: null,
  amount_minor: null,
  amount_authorized_minor: '0',
  amount_captured_minor: '0',
  amount_refunded_minor: '0',
  is_provisional: false,
  started_as: null,
  version: 0,
} as const;

function lockPayments(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  providerPaymentIds: string[],
  ids: string[],
) {
  const named = new Set(ids);
  providerPaymentIds.forEach((id, n) => {
    const known = tables.paymentKeys.find(session, keyOf(providers[n]!, accounts[n]!, id));
    if (known) named.add(known.id);
  });
  const payments = tables.payments
    .where(session, ({ id }) => named.has(id))
    .sort(byKey(({ id }) => id));
  for (const { id } of payments) tables.payments.lock(session, id);
  return rowsOf(payments);
}

/** A payment of `RingChanges` as it travels. */
interface PaymentSent {
  readonly id: string;
  readonly orderId: string | null;
  readonly status: string;
  readonly currency: string | null;
  readonly amountMinor: string | null;
  readonly amountAuthorizedMinor: string;
  readonly amountCapturedMinor: string;
  readonly amountRefundedMinor: string;
  readonly livemode: boolean;
  readonly version: number;
}

function updatePayments({ tables, session }: Access, ...columns: Columns) {
  const payments = fromColumns<PaymentSent>(PAYMENTS, columns);
  for (const payment of payments) {
    const fields: Partial<PaymentColumns> = {
      order_id: payment.orderId,
      status: payment.status,
      currency: payment.currency,
      amount_minor: payment.amountMinor,
      amount_authorized_minor: payment.amountAuthorizedMinor,
      amount_captured_minor: payment.amountCapturedMinor,
      amount_refunded_minor: payment.amountRefundedMinor,
      livemode: payment.livemode,
      version: payment.version,
    };
    tables.payments.update(session, payment.id, fields);
  }
  return changed(payments.length);
}

function insertParts(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  partIds: string[],
) {
  const parts = partIds.map((part_id, n) => {
    return { provider: providers[n]!, account: accounts[n]!, part_id, payment_id: null };
  });
  parts.sort(byKey((one) => keyOf(one.part_id, one.provider, one.account)));
  for (const part of parts) tables.paymentParts.insert(session, keyOfPart(part), part);
  return changed(parts.length);
}

function lockParts(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  partIds: string[],
) {
  const keys = partIds.map((partId, n) => keyOf(providers[n]!, accounts[n]!, partId));
  const parts = tables.paymentParts
    .where(session, (part) => keys.includes(keyOfPart(part)))
    .sort(byKey((one) => keyOf(one.part_id, one.provider, one.account)));
  for (const part of parts) tables.paymentParts.lock(session, keyOfPart(part));
  return rowsOf(parts);
}

/** A part of `RingChanges` as it travels. */
interface PartSent {
  readonly provider: string;
  readonly account: string;
  readonly partId: string;
  readonly paymentId: string | null;
}

function linkParts({ tables, session }: Access, ...columns: Columns) {
  const parts = fromColumns<PartSent>(PARTS, columns);
  for (const { provider, account, partId, paymentId } of parts) {
    const key = keyOf(provider, account, partId);
    if (tables.paymentParts.find(session, key)?.payment_id !== null) continue;
    tables.paymentParts.update(session, key, { payment_id: paymentId });
  }
  return changed(parts.length);
}

function loadFacts({ tables, session }: Access, paymentIds: string[]) {
  return rowsOf(
    tables.paymentFacts.where(session, ({ payment_id }) => paymentIds.includes(payment_id)),
  );
}

/** A fact of `RingChanges` as it travels. */
interface FactSent {
  readonly kind: string;
  readonly key: string;
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly occurredAtMs: number | null;
  readonly state: string | null;
  readonly reference: string | null;
  readonly livemode: boolean | null;
  readonly inboxId: string | null;
}

function toFactColumns(fact: FactSent): FactColumns {
  return {
    kind: fact.kind,
    fact_key: fact.key,
    amount_minor: fact.amountMinor,
    currency: fact.currency,
    occurred_at_ms: fact.occurredAtMs,
    state: fact.state,
    reference: fact.reference,
    livemode: fact.livemode,
    inbox_id: fact.inboxId,
  };
}

function upsertFacts({ tables, session }: Access, ...columns: Columns) {
  const facts = fromColumns<FactSent & { paymentId: string }>(FACTS, columns);
  for (const fact of facts) {
    const row = { payment_id: fact.paymentId, ...toFactColumns(fact) };
    const key = keyOf(fact.paymentId, fact.kind, fact.key);
    if (!tables.paymentFacts.insert(session, key, row)) {
      tables.paymentFacts.update(session, key, row);
    }
  }
  return changed(facts.length);
}

function loadParkedFacts(
  { tables, session }: Access,
  providers: string[],
  accounts: string[],
  partIds: string[],
) {
  const keys = partIds.map((partId, n) => keyOf(providers[n]!, accounts[n]!, partId));
  return rowsOf(tables.parkedFacts.where(session, (fact) => keys.includes(keyOfPart(fact))));
}

function upsertParkedFacts({ tables, session }: Access, ...columns: Columns) {
  const facts = fromColumns<FactSent & PartSent>(PARKED_FACTS, columns);
  for (const fact of facts) {
    const { provider, account, partId: part_id } = fact;
    const row = { provider, account, part_id, ...toFactColumns(fact) };
    const key = keyOfParkedFact(row);
    if (!tables.parkedFacts.insert(session, key, row)) {
      tables.parkedFacts.update(session, key, row);
    }
  }
  return changed(facts.length);
}

function deleteParkedFacts({ tables, session }: Access, ...columns: Columns) {
  const keys = fromColumns<PartSent>(PART_KEYS, columns).map((one) => {
    return keyOf(one.provider, one.account, one.partId);
  });
  const facts = tables.parkedFacts.where(session, (fact) => keys.includes(keyOfPart(fact)));
  for (const fact of facts) tables.parkedFacts.lock(session, keyOfParkedFact(fact));
  for (const fact of facts) tables.parkedFacts.delete(session, keyOfParkedFact(fact));
  return changed(facts.length);
}

function loadDisputes({ tables, session }: Access, paymentIds: string[]) {
  return rowsOf(
    tables.disputes.where(session, ({ payment_id }) => paymentIds.includes(payment_id)),
  );
}

/** A dispute of `RingChanges` as it travels. */
interface DisputeSent {
  readonly id: string;
  readonly paymentId: string;
  readonly key: string;
  readonly status: string;
  readonly amountMinor: string | null;
  readonly currency: string | null;
  readonly version: number;
}

function upsertDisputes({ tables, session }: Access, ...columns: Columns) {
  const disputes = fromColumns<DisputeSent>(DISPUTES, columns);
  for (const dispute of disputes) {
    const { status, amountMinor: amount_minor, currency, version } = dispute;
    const { id, paymentId: payment_id, key: dispute_key } = dispute;
    const fields = { status, amount_minor, currency, version };
    const row: DisputeColumns = { id, payment_id, dispute_key, ...fields };
    const key = keyOf(payment_id, dispute_key);
    if (!tables.disputes.insert(session, key, row)) tables.disputes.update(session, key, fields);
  }
  return changed(disputes.length);
}

function loadOrderPayments({ tables, session }: Access, orderIds: string[]) {
  return rowsOf(
    tables.payments.where(
      session,
      ({ order_id }) => order_id !== null && orderIds.includes(order_id),
    ),
  );
}

function loadReviews({ tables, session }: Access, paymentIds: string[], orderIds: string[]) {
  return rowsOf(
    tables.reviews.where(
      session,
      ({ payment_id, order_id }) =>
        (payment_id !== null && paymentIds.includes(payment_id)) ||
        (order_id !== null && orderIds.includes(order_id)),
    ),
  );
}

/** A review of `RingChanges` as it travels. */
interface ReviewSent {
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly reason: string;
  readonly status: string;
  readonly amountMinor: string;
}

function upsertReviews({ tables, session }: Access, ...columns: Columns) {
  const reviews = fromColumns<ReviewSent>(REVIEWS, columns);
  for (const { paymentId: payment_id, orderId: order_id, reason, ...review } of reviews) {
    const fields = { status: review.status, amount_minor: review.amountMinor };
    const row: ReviewColumns = { payment_id, order_id, reason, resolved_minor: null, ...fields };
    const key = keyOf(payment_id, order_id, reason);
    if (!tables.reviews.insert(session, key, row)) tables.reviews.update(session, key, fields);
  }
  return changed(reviews.length);
}

/** A transition of `RingChanges` as it travels. */
interface TransitionSent {
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly disputeId: string | null;
  readonly version: number;
  readonly from: string | null;
  readonly to: string;
  readonly inboxId: string | null;
}

function insertTransitions({ tables, session }: Access, ...columns: Columns) {
  const transitions = fromColumns<TransitionSent>(TRANSITIONS, columns);
  for (const { paymentId, orderId, disputeId, version, from, to, inboxId } of transitions) {
    const row: TransitionRow = {
      payment_id: paymentId,
      order_id: orderId,
      dispute_id: disputeId,
      version,
      from_status: from,
      to_status: to,
      inbox_id: inboxId,
    };
    // UNIQUE (payment_id, version), (order_id, version), (dispute_id, version)
    const key = keyOf(paymentId, orderId, disputeId, version);
    if (!tables.transitions.insert(session, key, row)) {
      throw new PostgresError(UNIQUE_VIOLATION, 'a transition of this version is there');
    }
  }
  return changed(transitions.length);
}

function loadTransfers({ tables, session }: Access, paymentIds: string[]) {
  return rowsOf(
    tables.ledgerTransfers
      .where(session, ({ paymentId }) => paymentIds.includes(paymentId))
      .sort(byKey(({ id }) => id)),
  );
}

function insertTransfers({ tables, session }: Access, ...columns: Columns) {
  const transfers = fromColumns<TransferRow>(TRANSFERS, columns);
  for (const transfer of transfers) {
    const { paymentId, factKind, factKey, rule, revision } = transfer;
    const key = keyOf(paymentId, factKind, factKey, rule, revision);
    if (!tables.ledgerTransfers.insert(session, key, transfer)) {
      throw new PostgresError(UNIQUE_VIOLATION, 'ledger_transfers_fact_unique');
    }
  }
  return changed(transfers.length);
}

function keyOfPart(one: { provider: string; account: string; part_id: string }): string {
  return keyOf(one.provider, one.account, one.part_id);
}

function keyOfParkedFact(one: ParkedFactRow): string {
  return keyOf(keyOfPart(one), one.kind, one.fact_key);
}
