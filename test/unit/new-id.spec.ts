import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { validate, version } from 'uuid';
import { newId } from '../../src/new-id.js';

describe('newId', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const many = (count: number) => Array.from({ length: count }, newId);

  it('makes ids of version 7, each another one, that sort as they were made', () => {
    const ids = many(20_000);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('begins with the time, and goes on from there when the clock goes back', () => {
    const ahead = Date.now() + 1000;
    jest.spyOn(Date, 'now').mockReturnValue(ahead);
    const [before] = many(1);
    jest.mocked(Date.now).mockReturnValue(ahead - 60_000);
    const [after] = many(1);
    expect(parseInt(before!.replaceAll('-', '').slice(0, 12), 16)).toBe(ahead);
    expect(after! > before!).toBe(true);
  });
});
