import type { Story, StoryEvent } from './story.js';

const SAMPLE = 1001;

/**
 * A hundred different events about one payment: failed attempts, the capture reported in three
 * ways, refunds by their own ids and as totals, disputes; many of them of one second.
 */
export function hundredEvents(story: Story): StoryEvent[] {
  const attempts = range(20).map((n) =>
    story.stripe('charge.failed', (payload) => {
      payload.created += n;
      payload.data.object.id += String(n);
    }),
  );
  const intents = range(20).map((n) =>
    story.stripe(
      n % 2 === 0 ? 'payment_intent.payment_failed' : 'payment_intent.requires_action',
      (payload) => void (payload.created += n >> 2),
    ),
  );
  const captures = range(15).map((n) =>
    story.stripe(
      ['charge.succeeded', 'payment_intent.succeeded', 'charge.updated'][n % 3]!,
      (payload) => void (payload.created += n),
    ),
  );
  const totals = range(15).map((n) =>
    story.stripe('charge.refunded', (payload) => {
      payload.created += n >> 1;
      Object.assign(payload.data.object, { amount_refunded: 100 * (n + 1) });
    }),
  );
  const refunds = range(20).map((n) =>
    story.stripe(n % 2 === 0 ? 'refund.created' : 'refund.updated', (payload) => {
      payload.created += n;
      payload.data.object.id += String(n >> 1);
      Object.assign(payload.data.object, { amount: 100 });
    }),
  );
  const disputes = range(10).map((n) =>
    story.stripe('charge.dispute.created', (payload) => {
      payload.created += n;
      payload.data.object.id += String(n % 5);
    }),
  );
  return [...attempts, ...intents, ...captures, ...totals, ...refunds, ...disputes];
}

/** Id of the payment that the hundred events tell of. */
export function paymentOf(story: Story): string {
  return story.payment(SAMPLE);
}

/** The numbers from 0 to `count - 1`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** A new list in random order. */
export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
