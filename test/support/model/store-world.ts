import type { EventFacts, RingState } from '../../../src/payments/ring-state.js';
import type { MemoryStore } from '../memory-store.js';
import type { Happening } from './every-order.js';

/** An event as it arrives; in a ring with others, or alone. */
export interface EventHappening extends Happening<MemoryStore> {
  readonly event: EventFacts;
}

/** An event that is applied by the planner of the service. */
export function eventHappening(name: string, event: EventFacts): EventHappening {
  return { name, event, apply: (store) => applied(store, [event]) };
}

/** Several events in one ring. */
export function applyInOneRing(
  store: MemoryStore,
  happenings: readonly Happening<MemoryStore>[],
): MemoryStore {
  return applied(
    store,
    happenings.flatMap((one) => ('event' in one ? [(one as EventHappening).event] : [])),
  );
}

function applied(store: MemoryStore, events: readonly EventFacts[]): MemoryStore {
  const after = store.copy();
  after.apply(events);
  return after;
}

/**
 * Everything of a store that a later step can depend on, a line for each row. Left out is what
 * differs from order to order and decides nothing:
 *
 * - our ids: rows are named by the provider's;
 * - versions, but for whether a payment has one: without, it has just been made;
 * - reviews that were withdrawn and never decided: to what comes next they are as if never opened;
 * - how the ledger came to its balances: what is posted next follows from what stands for a fact,
 *   and not from the number of transfers that led there;
 * - which event told a fact.
 */
export function keyOfStore(store: MemoryStore): string {
  const state = store.state();
  const names = namesOf(state);
  const nameOf = (id: string | null) => (id === null ? '-' : (names.get(id) ?? `unknown ${id}`));
  const lines = [
    ...state.payments.map((row) =>
      line(`payment ${nameOf(row.id)} of ${nameOf(row.orderId)} ${Math.min(row.version, 1)}`, row),
    ),
    ...[...state.facts].flatMap(([id, facts]) =>
      facts.map((fact) => line(`fact of ${nameOf(id)}`, fact)),
    ),
    ...state.orders.map((row) => line('order', row)),
    ...state.disputes.map((row) => line(`dispute of ${nameOf(row.paymentId)}`, row)),
    ...state.reviews
      .filter(({ status, resolvedMinor }) => status !== 'withdrawn' || resolvedMinor !== null)
      .map((row) => line(`review of ${nameOf(row.paymentId ?? row.orderId)}`, row)),
    ...state.parts.map((row) => line(`part of ${nameOf(row.paymentId)}`, row)),
    ...state.parkedFacts.map((row) => line('parked', row)),
    ...balancesOf(state, nameOf),
  ];
  return lines.sort().join('\n');
}

/** Rows by what the provider calls them; it knows nothing of our ids. */
function namesOf({ payments, orders }: RingState): Map<string, string> {
  return new Map([
    ...payments.map(({ id, provider, providerPaymentId }): [string, string] => [
      id,
      `${provider} ${providerPaymentId}`,
    ]),
    ...orders.map(({ id, reference }): [string, string] => [id, reference]),
  ]);
}

/** What stands for each fact, by the accounts between which it moved. */
function balancesOf(state: RingState, nameOf: (id: string | null) => string): string[] {
  const balances = new Map<string, bigint>();
  for (const one of state.transfers) {
    const rename = (account: string) => account.replace(one.paymentId, nameOf(one.paymentId));
    const [debit, credit] = [rename(one.debitAccount), rename(one.creditAccount)];
    const [first, second] = [debit, credit].sort();
    const { factKind, factKey, rule, orderId, currency } = one;
    const of = [nameOf(one.paymentId), factKind, factKey, rule, nameOf(orderId), currency];
    const key = [...of, first, second].join(' ');
    const amountMinor = debit === first ? one.amountMinor : -one.amountMinor;
    balances.set(key, (balances.get(key) ?? 0n) + amountMinor);
  }
  return [...balances]
    .filter(([, amountMinor]) => amountMinor !== 0n)
    .map(([key, amountMinor]) => `ledger ${key} ${amountMinor}`);
}

/** Ids and versions of ours, what belongs to them, and what planning does not read. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'id',
  'version',
  'orderId',
  'paymentId',
  'inboxId',
  'createdAt',
  'isNews',
]);

function line(kind: string, row: object): string {
  let text = kind;
  for (const [name, value] of Object.entries(row) as [string, unknown][]) {
    if (LEFT_OUT.has(name)) continue;
    text += ` ${name}=${typeof value === 'bigint' ? value : JSON.stringify(value)}`;
  }
  return text;
}
