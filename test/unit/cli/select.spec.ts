import { describe, expect, it } from '@jest/globals';
import { select } from '../../../src/ops/cli/replays/select.js';

const ID = '01a201b7-b756-7194-8fdb-4c76e5445318';

describe('what is replayed or discarded', () => {
  it('is what the ids name', () => {
    expect(select([ID], {})).toEqual({ target: 'events', ids: [ID] });
    expect(select([ID], { consumer: 'crm' })).toEqual({
      target: 'messages',
      consumer: 'crm',
      ids: [ID],
    });
  });

  it('is what a filter matches', () => {
    expect(select([], { provider: 'stripe', code: 'payload_malformed' })).toEqual({
      target: 'events',
      filter: { provider: 'stripe', code: 'payload_malformed' },
    });
    expect(select([], { consumer: 'crm' })).toEqual({
      target: 'messages',
      filter: { consumer: 'crm' },
    });
  });

  it('is never simply everything', () => {
    expect(() => select([], {})).toThrow('name ids, a filter');
  });

  it.each([
    ['ids and a filter', [ID], { provider: 'stripe' }, 'not both (--provider)'],
    ['an id of a provider', ['evt_1'], {}, 'tollgate show evt_1'],
    ['too many ids', Array.from({ length: 1001 }, () => ID), {}, 'at most 1000'],
    [
      'messages of a provider',
      [],
      { consumer: 'crm', provider: 'stripe' },
      '--provider is of events',
    ],
  ])('refuses %s', (_what, ids, options, message) => {
    expect(() => select(ids, options)).toThrow(message);
  });
});
