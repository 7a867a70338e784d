import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskPayload } from '../../../src/ops/events/mask-payload.js';

const MASK = '•••';

describe('maskPayload', () => {
  it('covers what a path names, and leaves everything else as it was', () => {
    const payload = { data: { email: 'a@b.c', amount: 5000 }, email: 'kept' };
    expect(maskPayload(payload, ['data.email'])).toEqual({
      data: { email: MASK, amount: 5000 },
      email: 'kept',
    });
    expect(payload.data.email).toBe('a@b.c');
  });

  it('takes * for one level, of keys or of a list', () => {
    const payload = { lines: [{ name: 'x', id: 1 }, { name: 'y' }], deep: { a: { b: 1 } } };
    expect(maskPayload(payload, ['lines.*.name', 'deep.*'])).toEqual({
      lines: [{ name: MASK, id: 1 }, { name: MASK }],
      deep: { a: MASK },
    });
  });

  it('takes ** for any number of levels, none included', () => {
    const payload = { email: 'a', one: { email: 'b', list: [{ two: { email: 'c' } }] } };
    expect(maskPayload(payload, ['**.email'])).toEqual({
      email: MASK,
      one: { email: MASK, list: [{ two: { email: MASK } }] },
    });
    const card = { card: { a: { last4: '4242' }, last4: '4242' }, last4: 'kept' };
    expect(maskPayload(card, ['card.**.last4'])).toEqual({
      card: { a: { last4: MASK }, last4: MASK },
      last4: 'kept',
    });
  });

  it('covers whole objects and lists, and shows that nothing is there where nothing is', () => {
    const payload = { address: { city: 'x' }, phones: ['1', '2'], name: null };
    expect(maskPayload(payload, ['address', 'phones', 'name'])).toEqual({
      address: MASK,
      phones: MASK,
      name: null,
    });
  });

  it('takes keys as they are', () => {
    const payload = JSON.parse('{"__proto__":{"email":"a"},"constructor":{"email":"b"}}') as object;
    const masked = maskPayload(payload, ['**.email']);
    expect(JSON.stringify(masked)).toBe(
      `{"__proto__":{"email":"${MASK}"},"constructor":{"email":"${MASK}"}}`,
    );
    expect(({} as { email?: string }).email).toBeUndefined();
  });

  it('shows no more levels than a reader bears', () => {
    const depth = 200_000;
    const payload: unknown = JSON.parse(`${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`);
    for (const paths of [['**.email'], []]) {
      expect(JSON.stringify(maskPayload(payload, paths))).toMatch(/"•••"[}\]]+$/);
    }
  });

  it.each([null, 'text', 5, true, []])('leaves %j alone', (payload) => {
    expect(maskPayload(payload, ['**.email', '*'])).toEqual(payload);
  });

  it('leaves none of what a path names in any payload', () => {
    const json = fc.jsonValue({ maxDepth: 5 });
    const payloads = fc.letrec((tie) => ({
      node: fc.oneof(
        json,
        fc.record({ email: json, other: tie('node') }),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(payloads, (payload) => {
        const text = JSON.stringify(maskPayload(payload, ['**.email']));
        for (const [, value] of text.matchAll(/"email":("[^"]*"|.)/g)) {
          expect([`"${MASK}"`, 'n']).toContain(value);
        }
        expect(maskPayload(payload, [])).toEqual(payload);
      }),
    );
  });
});
