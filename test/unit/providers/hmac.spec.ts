import { describe, expect, it } from '@jest/globals';
import { createHmac, type KeyObject } from 'node:crypto';
import { createSecretKeys, decodeHexDigest, findMatchingKey } from '../../../src/providers/hmac.js';

describe('decodeHexDigest', () => {
  it('reads lower-case hex of the right length', () => {
    expect(decodeHexDigest('00ff10ab', 4)).toEqual(Buffer.from([0x00, 0xff, 0x10, 0xab]));
  });

  it.each([
    '',
    '00ff10a',
    '00ff10ab0',
    '00FF10AB',
    '00ff10ag',
    '00ff10a\n',
    ' 0ff10ab',
    '\u{1d7d8}0ff10a',
  ])('refuses %j', (text) => {
    expect(decodeHexDigest(text, 4)).toBeNull();
  });
});

describe('findMatchingKey', () => {
  const body = Buffer.from('body');
  const digestUnder = (key: KeyObject) => createHmac('sha256', key).update(body).digest();
  const keys = createSecretKeys(['new', 'old', 'older']);
  const digests = keys.map(digestUnder);

  it('tells which key matched', () => {
    expect(digests.map((digest) => findMatchingKey(keys, [digest], digestUnder))).toEqual([
      0, 1, 2,
    ]);
  });

  it('tells the newest when several match', () => {
    expect(findMatchingKey(keys, [...digests].reverse(), digestUnder)).toBe(0);
  });

  it('finds nothing without a match, without a candidate and without a key', () => {
    expect(findMatchingKey(keys, [Buffer.alloc(32)], digestUnder)).toBeNull();
    expect(findMatchingKey(keys, [], digestUnder)).toBeNull();
    expect(findMatchingKey([], digests, digestUnder)).toBeNull();
  });

  it('tries every key even after a match, so that the time tells nothing', () => {
    const tried: KeyObject[] = [];
    findMatchingKey(keys, digests.slice(0, 1), (key) => {
      tried.push(key);
      return digestUnder(key);
    });
    expect(tried).toEqual(keys);
  });
});

describe('createSecretKeys', () => {
  it.each(['', ' ', '\t\n'])('refuses the blank secret %j', (secret) => {
    expect(() => createSecretKeys(['good', secret])).toThrow('blank');
  });
});
