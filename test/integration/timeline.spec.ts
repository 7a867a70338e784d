import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { showEvent } from '../../src/ops/events/show-event.js';
import { showOrderTimeline } from '../../src/ops/orders/show-order.js';
import { showPayment } from '../../src/ops/payments/show-payment.js';
import { discardEvent, replayEvent } from '../../src/ops/replays/replay-event.js';
import { listReviews } from '../../src/ops/reviews/list-reviews.js';
import { resolveReview } from '../../src/ops/reviews/resolve-review.js';
import { TIMELINE_KINDS, type TimelineEntry } from '../../src/ops/timeline/timeline-entry.js';
import { ANN, BEN, OperatorHarness, paid, refunded } from '../support/operator-harness.js';

/** A life in which everything happens that a timeline tells of. */
describe('a timeline', () => {
  let harness: OperatorHarness;
  let paymentId: string;
  let timeline: readonly TimelineEntry[];
  let events: Readonly<
    Record<'capture' | 'again' | 'stale' | 'dead' | 'second' | 'refund' | 'discarded', string>
  >;

  beforeAll(async () => {
    harness = await OperatorHarness.open();
    const { services, database } = harness;
    await harness.order('order-a');
    const unpaid = { status: 'processing', amount_received: 0 };
    const early = { ...paid('order-a', 'a', 5000, unpaid), type: 'payment_intent.processing' };
    const pending = await harness.deliver(early);
    const first = paid('order-a', 'a', 5000, { receipt_email: 'buyer@example.com' });
    const [capture, again] = await harness.tell(first, paid('order-a', 'a'));
    await harness.ring.deliver('stripe', first);
    await harness.ring.ring([pending]);
    const dead = await harness.deliver(refunded('a', 1000));
    await harness.kill([dead], 'amount_unusable');
    await database.query('update inbox set payment_id = $2 where id = $1', [
      dead,
      (await database.query<{ id: string }>('select id from payments'))[0]!.id,
    ]);
    await replayEvent(services, ANN, dead, { reason: 'the amount is usable now' });
    await harness.ring.ring([dead]);
    const [second] = await harness.tell(paid('order-a', 'b'));
    const [review] = (await listReviews(services, {})).data;
    const why = { resolution: 'accept', reason: 'a gift' };
    await resolveReview(services, BEN, review!.id, why, null);
    const [refund] = await harness.tell(refunded('b'));
    const discarded = await harness.deliver(refunded('a', 1));
    await harness.kill([discarded]);
    await database.query(
      `update inbox set payment_id = (select payment_id from inbox where id = $2) where id = $1`,
      [discarded, capture],
    );
    await discardEvent(services, BEN, discarded, { reason: 'of a test' });
    const [payment] = await database.query<{ id: string }>(
      `select id from payments where provider_payment_id = 'pi_a'`,
    );
    paymentId = payment!.id;
    await database.query(
      `insert into refunds (id, payment_id, amount_minor, currency, reason, requested_by)
       values (gen_random_uuid(), $1, 100, 'EUR', 'as asked', 'shop')`,
      [paymentId],
    );
    events = {
      capture: capture!,
      again: again!,
      stale: pending,
      dead,
      second: second!,
      refund: refund!,
      discarded,
    };
    timeline = await showOrderTimeline(services, 'order-a');
  });
  afterAll(() => harness.close());

  const of = (kind: TimelineEntry['kind'], event?: string) =>
    timeline.filter(
      (one) => one.kind === kind && (event === undefined || one.links.event === event),
    );

  it('has every kind of thing that happened, in the order of time', () => {
    expect([...new Set(timeline.map(({ kind }) => kind))].sort()).toEqual(
      [...TIMELINE_KINDS].sort(),
    );
    const times = timeline.map(({ at }) => at.getTime());
    expect(times).toEqual([...times].sort((one, other) => one - other));
    for (const { title, by, entry } of timeline) {
      expect(title).not.toBe('');
      expect(by.name).not.toBe('');
      expect(Object.keys(entry).length).toBeGreaterThan(0);
    }
  });

  it('tells of deliveries, and which event came again', () => {
    expect(of('delivery', events.capture)).toMatchObject([
      { outcome: 'recorded', by: { kind: 'provider', name: 'stripe' } },
    ]);
  });

  it('tells what came of each event, and why', () => {
    const told = (id: string) => of('event', id).map(({ outcome, why }) => [outcome, why]);
    expect(told(events.capture)).toEqual([['applied', null]]);
    expect(told(events.again)).toEqual([
      ['noop: repeated', 'repeated: everything it says was known'],
    ]);
    expect(told(events.stale)).toEqual([
      [
        'noop: stale',
        expect.stringMatching(/^stale: the payment is paid since \d{4}-\d\d-\d\dT[\d:.]+Z$/),
      ],
    ]);
    expect(told(events.dead)).toEqual([['applied', null]]);
    expect(told(events.discarded)).toEqual([
      ['discarded', 'translate_failed: it did not work out'],
    ]);
  });

  it('keeps the attempts of what was replayed, who replayed it, and what it was', () => {
    expect(of('attempt', events.dead)).toMatchObject([
      { outcome: 'failed', why: 'amount_unusable: it did not work out' },
    ]);
    expect(of('replay', events.dead)).toMatchObject([
      {
        title: 'sent through again',
        outcome: 'replay',
        why: 'it was dead: amount_unusable; the amount is usable now',
        by: { kind: 'person', name: 'ann' },
        links: { replay: expect.any(String) },
      },
    ]);
    expect(of('replay', events.discarded)).toMatchObject([
      { title: 'discarded', outcome: 'discard', by: { name: 'ben' } },
    ]);
  });

  it('tells of reviews: what opened them, who decided, and why', () => {
    expect(of('review')).toMatchObject([
      {
        title: 'review: paid_twice',
        outcome: 'open',
        why: '4000 minor units are at stake',
        links: { event: events.second, review: expect.any(String) },
      },
      {
        title: 'decided: accept',
        outcome: 'resolved',
        why: 'a gift',
        by: { kind: 'person', name: 'ben' },
      },
    ]);
  });

  it('tells of facts, moves, money, commands and messages', () => {
    expect(of('fact', events.capture).map(({ title }) => title)).toContain('captured');
    const by = { kind: 'provider', name: 'stripe' };
    expect(of('transition', events.refund)).toMatchObject([
      { title: 'payment: paid → refunded', outcome: 'refunded', by },
      { title: 'order: paid → partially_refunded', outcome: 'partially_refunded', by },
    ]);
    expect(of('ledger', events.capture)).toMatchObject([{ outcome: 'capture', why: '5000 EUR' }]);
    expect(of('command')).toMatchObject([
      {
        title: 'create_order',
        outcome: 'done',
        why: '5000 EUR',
        by: { kind: 'command', name: 'create_order' },
      },
      {
        title: 'refund_payment',
        why: '100 EUR: as asked',
        by: { kind: 'person', name: 'shop' },
        links: { payment: paymentId },
      },
    ]);
    expect(of('message').map(({ title }) => title)).toEqual(
      expect.arrayContaining(['payment.paid', 'order.paid', 'order.review_resolved']),
    );
  });

  it('of a payment leaves out the others of its order', async () => {
    const shown = await showPayment(harness.services, paymentId);
    const ids = new Set(shown.timeline.flatMap(({ links }) => links.event ?? []));
    expect(ids.has(events.capture)).toBe(true);
    expect(ids.has(events.second)).toBe(false);
    for (const { links } of shown.timeline) {
      expect([undefined, paymentId]).toContain(links.payment);
    }
  });

  it('shows an event without personal data', async () => {
    const { payload } = await showEvent(harness.services, events.capture);
    expect(JSON.stringify(payload)).not.toContain('buyer@example.com');
    expect(payload).toMatchObject({ data: { object: { id: 'pi_a', receipt_email: '•••' } } });
  });
});
