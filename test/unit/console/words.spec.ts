import { subjectPath, toneOfResult } from '../../../src/console/audit/audit-words.js';
import { chosenOptions } from '../../../src/console/dead-letters/chosen-options.js';
import { adviseOn, describeOutcome } from '../../../src/console/events/event-words.js';
import { orderPath, withQuery } from '../../../src/console/paths.js';
import { withAge } from '../../../src/console/reviews/review-words.js';
import { describeActor, describeWhy } from '../../../src/console/timeline/describe-why.js';
import { ERRORS } from '../../../src/errors.js';

const ID = '01a203ac-d4e7-7126-bd0e-426b7ba35f7b';

describe('the words of a timeline', () => {
  it.each([
    ['2500 EUR', null, '25.00 EUR'],
    ['2500 JPY: changed their mind', null, '2,500 JPY: changed their mind'],
    ['700 minor units are at stake', 'EUR', '7.00 EUR are at stake'],
    ['700 minor units are at stake', null, '700 minor units are at stake'],
    ['it was dead: 2500 EUR', 'EUR', 'it was dead: 2500 EUR'],
    ['2500 EURO', 'EUR', '2500 EURO'],
  ])('write amounts as people do: %s', (why, currency, told) => {
    expect(describeWhy(why, currency)).toBe(told);
  });

  it('say who it was', () => {
    expect(describeActor({ kind: 'provider', name: 'event' })).toBe('an event of the provider');
    expect(describeActor({ kind: 'person', name: 'anna_b' })).toBe('anna_b');
    expect(describeActor({ kind: 'command', name: 'start_payment' })).toBe('command start payment');
  });
});

describe('the words about an event', () => {
  it('say something of every way to end', () => {
    const counts = { reason: null, attempts: 0, attemptsMax: 8 };
    for (const status of ['received', 'applied', 'noop', 'ignored', 'dead', 'discarded']) {
      expect(describeOutcome({ ...counts, status })).not.toBe('');
    }
  });

  it('advise on every code that an event or a message can die of', () => {
    const deadly = Object.entries(ERRORS).filter(([, { next }]) => next !== 'refuse');
    for (const [code] of deadly) expect(adviseOn(code)).not.toBeNull();
    expect(adviseOn('constructor')).toBeNull();
  });
});

describe('the words of the audit', () => {
  it('lead to what something was done to', () => {
    expect(subjectPath('event.replay', ID)).toBe(`/console/events/${ID}`);
    expect(subjectPath('replay.pause', ID)).toBe(`/console/replays/${ID}`);
    expect(subjectPath('review.claim', ID)).toBe(`/console/reviews/${ID}`);
    expect(subjectPath('message.discard', `a&b/${ID}`)).toBe(
      '/console/dead-letters/messages?consumer=a%26b',
    );
  });

  it('lead nowhere for what is no id', () => {
    expect(subjectPath('event.replay', '../settings')).toBeNull();
    expect(subjectPath('console.login', ID)).toBeNull();
  });

  it('tell refusals from what was done', () => {
    expect(toneOfResult('event_not_dead')).toBe('bad');
    expect(toneOfResult('unchanged')).toBe('neutral');
    expect(toneOfResult('done')).toBe('good');
  });
});

describe('links and filters', () => {
  it('encode what comes from outside', () => {
    expect(orderPath('a/b?c=<d>')).toBe('/console/orders/a%2Fb%3Fc%3D%3Cd%3E');
    expect(withQuery('/console/events', { type: 'a&b=c' })).toBe('/console/events?type=a%26b%3Dc');
  });

  it('offer what there is, and what is chosen', () => {
    expect(chosenOptions(['b', 'a', 'b', ''], 'gone')).toEqual(['a', 'b', 'gone']);
  });

  it('turn the age of a review into seconds, and keep one that nobody offered', () => {
    expect(withAge({ age: 'over_a_day', status: 'open' })).toEqual({
      olderThanSeconds: '86400',
      status: 'open',
    });
    expect(withAge({ age: 'toString' })).toEqual({ age: 'toString' });
  });
});
