import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { findStored, insertEvents } from '../../../../src/inbox/inbox.queries.js';
import { countRedeliveries, keepConflicts } from '../../../../src/inbox/redelivery.queries.js';
import {
  discardEvents,
  findBodiless,
  findEvents,
  replayEvents,
} from '../../../../src/inbox/replay.queries.js';
import {
  claimEvents,
  claimRings,
  failEvent,
  findUndone,
  finishEvents,
  linkWaitingEvents,
  releaseRings,
} from '../../../../src/inbox/ring.queries.js';
import { beginAttempts, endAttempts, keepAttempts } from '../../../../src/inbox/unended.queries.js';
import {
  claimDispatches,
  failDispatch,
  isWanted,
  markConsumed,
  markPublished,
  postponeDispatch,
  releaseDispatches,
} from '../../../../src/outbox/dispatch.queries.js';
import type { NewMessage } from '../../../../src/outbox/message.js';
import { fanOutMessages, insertMessages } from '../../../../src/outbox/outbox.queries.js';
import { discardDispatches, replayDispatches } from '../../../../src/outbox/replay.queries.js';
import type { VerifiedEvent } from '../../../../src/providers/provider.js';
import type { Known, Question } from './both.js';

/** Something that happens to both databases. */
export type Step =
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  | { readonly kind: 'tick'; readonly seconds: number }
  | {
      readonly kind: 'ask';
      readonly name: string;
      /** In the open transaction, or beside it. */
      readonly isInside: boolean;
      readonly question: Question;
    };

const GRACE_SECONDS = 10;
/** The payment to which the part belongs; there is a row of it. */
export const PAYMENT_ID = '00000000-0000-7000-8000-00000000aaaa';
const PART_ID = 'part';
const NOTHING = Promise.resolve(null);

const key = fc.nat({ max: 3 });
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 4 });
const small = fc.nat({ max: 2 });
const consumer = fc.constantFrom('books', 'access');
const retryInMs = fc.constantFrom(null, 0, 60_000);

const insert = fc
  .record({ some: keys, content: fc.nat({ max: 1 }), number: fc.nat({ max: 9999 }) })
  .map(({ some, content, number }) =>
    ask('insertEvents', (on) => {
      const rows = some.toSorted().map((one) => {
        // Another id each time, the same one on both sides.
        return { id: idOf(`event ${one} ${number}`), ...KEY, event: eventOf(one, content) };
      });
      return insertEvents(on, rows, GRACE_SECONDS);
    }),
  );

const findKnown = fc.record({ some: keys }).map(({ some }) =>
  inside('findStored', async (on) => {
    const rows = some.map((one) => ({ id: `${one}`, ...KEY, event: eventOf(one, 0) }));
    return (await findStored(on, rows)).map(({ id }) => id);
  }),
);

const redeliver = fc.record({ one: key, content: small, deliveries: small }).map((given) =>
  ask('countRedeliveries', async (on) => {
    const { eventId, fingerprint, body } = eventOf(given.one, given.content);
    const delivered = { ...KEY, eventId, fingerprint, body, deliveries: given.deliveries + 1 };
    const others = await countRedeliveries(on, [delivered]);
    return keepConflicts(on, others);
  }),
);

/** Statements about events that are looked up by what the provider calls them. */
const aboutEvents = fc.oneof(
  fc
    .record({ some: keys })
    .map(({ some }) => inside('claimEvents', (on, known) => claimEvents(on, idsOf(known, some)))),
  fc
    .record({ some: keys })
    .map(({ some }) => ask('findUndone', (on, known) => findUndone(on, idsOf(known, some)))),
  fc
    .record({
      some: keys,
      status: fc.constantFrom('applied' as const, 'noop' as const, 'ignored' as const),
      waits: fc.boolean(),
    })
    .map(({ some, status, waits }) =>
      inside('finishEvents', (on, known) => {
        const ids = idsOf(known, some);
        const reason = status === 'noop' ? 'repeated' : null;
        const partId = waits ? PART_ID : null;
        return finishEvents(
          on,
          ids.map((id) => ({ id, status, reason, paymentId: null, partId })),
        );
      }),
    ),
  fc.record({ one: key, attemptsBefore: small, retryInMs }).map(({ one, ...attempt }) =>
    ask('failEvent', (on, known) => {
      const [id] = idsOf(known, [one]);
      if (id === undefined) return NOTHING;
      return failEvent(on, { id, ...attempt, code: 'apply_failed', message: 'no' });
    }),
  ),
  fc
    .record({ some: keys })
    .map(({ some }) => ask('releaseRings', (on, known) => releaseRings(on, idsOf(known, some)))),
  fc
    .record({ some: keys, unended: small, which: fc.nat({ max: 2 }) })
    .map(({ some, unended, which }) =>
      ask(['beginAttempts', 'keepAttempts', 'endAttempts'][which]!, (on, known) => {
        const rows = { ids: idsOf(known, some), unended };
        if (which === 0) return beginAttempts(on, rows, GRACE_SECONDS);
        if (which === 1) return keepAttempts(on, rows, GRACE_SECONDS);
        return endAttempts(on, rows);
      }),
    ),
  fc
    .record({ some: keys, generation: small, isReplay: fc.boolean() })
    .map(({ some, generation, isReplay }) =>
      ask(isReplay ? 'replayEvents' : 'discardEvents', (on, known) => {
        const chosen = idsOf(known, some).map((id) => ({ id, generation }));
        return isReplay ? replayEvents(on, chosen, GRACE_SECONDS) : discardEvents(on, chosen);
      }),
    ),
  fc
    .record({ some: keys })
    .map(({ some }) => ask('findEvents', (on, known) => findEvents(on, idsOf(known, some)))),
  fc
    .record({ some: keys })
    .map(({ some }) => ask('findBodiless', (on, known) => findBodiless(on, idsOf(known, some)))),
);

const rings = fc
  .integer({ min: 1, max: 3 })
  .map((eventsMax) => ask('claimRings', (on) => claimRings(on, eventsMax, GRACE_SECONDS)));

const link = fc.constant(
  inside('linkWaitingEvents', (on) =>
    linkWaitingEvents(on, [{ ...KEY, partId: PART_ID, paymentId: PAYMENT_ID }]),
  ),
);

const insertion = fc
  .record({ some: keys, version: fc.integer({ min: 1, max: 2 }), number: fc.nat({ max: 9999 }) })
  .map(({ some, version, number }) =>
    inside('insertMessages', (on) =>
      insertMessages(
        on,
        some.map((one) => messageOf(one, version, number)),
      ),
    ),
  );

const fanOut = fc
  .integer({ min: 1, max: 9 })
  .map((max) => ask('fanOutMessages', (on) => fanOutMessages(on, max)));

const aboutDispatches = fc
  .record({ consumer, at: key, turn: fc.nat({ max: 3 }), tries: small, isFinal: fc.boolean() })
  .chain((given) => {
    const { consumer: name, at, turn, tries, isFinal } = given;
    const withId = (label: string, question: (on: On, messageId: string) => Promise<unknown>) =>
      ask(label, (on, { messages: ids }) =>
        ids.length === 0 ? NOTHING : question(on, ids[at % ids.length]!),
      );
    const failure = { code: 'consumer_failed', message: 'no', retryInMs: 60_000, attemptsMax: 2 };
    const chosen = (messageId: string) => [{ consumer: name, messageId, generation: tries }];
    return fc.constantFrom(
      ask('claimDispatches', (on) => claimDispatches(on, name, 100, 30, isFinal ? 24 : 0)),
      ask('claimDispatches', (on) => claimDispatches(on, name, 100, 30, 24)),
      withId('markPublished', (on, id) => markPublished(on, name, [{ messageId: id, turn }], 60)),
      withId('releaseDispatches', (on, id) =>
        releaseDispatches(on, name, [{ messageId: id, turn }]),
      ),
      withId('isWanted', (on, id) => isWanted(on, name, { messageId: id, tries })),
      withId('markConsumed', (on, id) => markConsumed(on, name, id)),
      withId('failDispatch', (on, id) =>
        failDispatch(on, name, { messageId: id, tries, isFinal, ...failure }),
      ),
      withId('postponeDispatch', (on, id) =>
        postponeDispatch(on, name, { messageId: id, tries }, 60_000),
      ),
      withId('replayDispatches', (on, id) => replayDispatches(on, chosen(id))),
      withId('discardDispatches', (on, id) => discardDispatches(on, chosen(id))),
    );
  });

const control = fc.oneof(
  fc.constantFrom<Step>({ kind: 'begin' }, { kind: 'commit' }, { kind: 'rollback' }),
  fc.constantFrom(5, 10, 60).map((seconds): Step => ({ kind: 'tick', seconds })),
);

/** What happens to the two databases: mostly to events, then to messages, and time passes. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc
    .tuple(
      fc.oneof(
        { weight: 4, arbitrary: insert },
        { weight: 1, arbitrary: redeliver },
        { weight: 1, arbitrary: findKnown },
        { weight: 9, arbitrary: aboutEvents },
        { weight: 2, arbitrary: rings },
        { weight: 1, arbitrary: link },
        { weight: 3, arbitrary: insertion },
        { weight: 2, arbitrary: fanOut },
        { weight: 7, arbitrary: aboutDispatches },
        { weight: 5, arbitrary: control },
      ),
      fc.boolean(),
    )
    .map(([step, isInside]) =>
      step.kind === 'ask' ? { ...step, isInside: step.isInside || isInside } : step,
    ),
  { minLength: 8, maxLength: 24, size: 'max' },
);

type On = Parameters<Question>[0];
type Ask = Extract<Step, { kind: 'ask' }>;

function ask(name: string, question: Question): Ask {
  return { kind: 'ask', name, isInside: false, question };
}

/** For what our code does inside a transaction alone. */
function inside(name: string, question: Question): Ask {
  return { kind: 'ask', name, isInside: true, question };
}

const KEY = { provider: 'stripe', account: 'default' } as const;

/** An event, in one of its contents. */
function eventOf(one: number, content: number): VerifiedEvent {
  const body = Buffer.from(`event ${one}, content ${content}`);
  const event = {
    eventId: `evt_${one}`,
    eventType: 'charge.succeeded',
    occurredAtMs: 1_772_359_200_000,
    livemode: true,
    secretIndex: 0,
    fingerprint: createHash('sha256').update(body).digest(),
    body,
  };
  return event as unknown as VerifiedEvent; // nobody has sent it, and nobody reads it
}

function messageOf(one: number, version: number, number: number): NewMessage {
  const message = {
    id: idOf(`message ${one} ${version} ${number}`),
    type: one % 2 === 0 ? 'order.paid' : 'payment.paid',
    aggregate: one % 2 === 0 ? 'order' : 'payment',
    aggregateId: idOf(`aggregate ${one}`),
    version,
    subject: `subject ${one}`,
    part: '',
    data: { one, version },
  };
  return message as NewMessage;
}

/** Ids of the events that are there. */
function idsOf({ events }: Known, some: readonly number[]): string[] {
  return some.flatMap((one) => events.get(`evt_${one}`) ?? []);
}

/** An id that both sides make of the same text. */
function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
