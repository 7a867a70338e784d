import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { environmentSchema } from '../../src/config/environment.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../src/providers/providers.js';

/** What signs, and what asks; one variable may be both. */
const SECRETS = [...new Set([...SECRET_PREFIXES.values(), ...API_KEY_PREFIXES.values()])];

const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');

interface Shown {
  readonly name: string;
  readonly value: string;
  /** The lines above it, as one text. */
  readonly comment: string;
}

const shown = text.split('\n\n').flatMap(readShown);
const settings = shown.filter(({ name }) => !isSecret(name));
const keys = Object.keys(environmentSchema.shape);
const defaults: Readonly<Record<string, unknown>> = environmentSchema.parse({});

/** Numbers with the range that their comment ends with: `… 1 to 600.` */
const ranges = settings.flatMap(({ name, comment }) => {
  const [, min, max] = / (\d+) to (\d+)\.$/.exec(comment) ?? [];
  return min === undefined || max === undefined
    ? []
    : [{ name, min: Number(min), max: Number(max) }];
});

describe('.env.example', () => {
  it('shows every variable of the schema once', () => {
    expect(settings.map(({ name }) => name).sort()).toEqual([...keys].sort());
  });

  it('shows the secrets of every provider, with and without an account', () => {
    const expected = SECRETS.flatMap((name) => [name, `${name}_ACME`]);
    expect(shown.map(({ name }) => name).filter(isSecret)).toEqual(expected);
  });

  it('sets nothing: a copy of it changes nothing', () => {
    const active = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(active).toEqual([]);
  });

  it.each(settings)('shows the default of $name', ({ name, value }) => {
    const byDefault = defaults[name];
    if (typeof byDefault === 'number') expect(value).toBe(String(byDefault));
    const written = value === '' ? {} : { [name]: value };
    expect(readOne(name, written)).toEqual(byDefault);
    // A default that is shown as nothing must be none.
    if (value === '') expect([undefined, []]).toContainEqual(byDefault);
  });

  it.each(shown)('says what $name is for', ({ comment }) => {
    expect(comment).toMatch(/^[\w"].{10,}[.…]$/s);
  });

  it('tells the range of every number', () => {
    const numbers = keys.filter((name) => typeof defaults[name] === 'number');
    expect(ranges.map(({ name }) => name).sort()).toEqual(numbers.sort());
  });

  it.each(ranges)('tells the range of $name: $min to $max', ({ name, min, max }) => {
    for (const inside of [min, max]) expect(accepts(name, inside)).toBe(true);
    for (const outside of [min - 1, max + 1]) expect(accepts(name, outside)).toBe(false);
  });
});

function isSecret(name: string): boolean {
  return SECRETS.some((prefix) => name.startsWith(prefix));
}

function readShown(paragraph: string): Shown[] {
  const lines = paragraph.split('\n').map((line) => line.replace(/^# ?/, ''));
  const at = lines.findIndex((line) => /^[A-Z][A-Z0-9_]*=/.test(line));
  if (at < 0) return [];
  const [name = '', ...value] = (lines[at] ?? '').split('=');
  return [{ name, value: value.join('='), comment: lines.slice(0, at).join(' ').trim() }];
}

function readOne(name: string, environment: Readonly<Record<string, string>>): unknown {
  return (environmentSchema.parse(environment) as Readonly<Record<string, unknown>>)[name];
}

function accepts(name: string, value: number): boolean {
  return environmentSchema.safeParse({ [name]: String(value) }).success;
}
