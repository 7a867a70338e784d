import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { LIFE_KINDS, lifeOfKind, livesFrom, type Life } from '../../proof/stories.js';

const LIVES = 3000;
const lives = take(LIVES, 7, 'r1');

describe('the lives of the proof', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(take(200, 7, 'r1')).toEqual(lives.slice(0, 200));
    expect(take(200, 8, 'r1').map(({ kind }) => kind)).not.toEqual(
      lives.slice(0, 200).map(({ kind }) => kind),
    );
  });

  it('differ from run to run in their tags alone', () => {
    const other = take(200, 7, 'r2').map((life) => ({
      ...shown(life),
      texts: shown(life).texts.map((text) => text.replaceAll('r2x', 'r1x')),
    }));
    const mine = lives.slice(0, 200).map(shown);
    expect(other.map(({ kind, texts }) => ({ kind, texts }))).toEqual(
      mine.map(({ kind, texts }) => ({ kind, texts })),
    );
    expect(new Set([...other, ...mine].map(({ tag }) => tag)).size).toBe(400);
  });

  it('have a tag that stands in everything of theirs and in nothing of anybody else', () => {
    const strangers = lives.filter((life) =>
      shown(life).texts.some((text) => {
        const tags = new Set(text.match(/r1x[0-9a-z]{7}/g));
        return tags.size !== 1 || !tags.has(life.tag);
      }),
    );
    expect(strangers).toEqual([]);
  });

  it('have events that the inbox will know by the ids that they say', () => {
    const events = lives.flatMap((life) => life.events);
    const known = events.map(({ provider, body }) =>
      provider === 'stripe'
        ? (JSON.parse(body.toString()) as { id: string }).id
        : `sha256:${createHash('sha256').update(body).digest('hex')}`,
    );
    expect(events.map(({ eventId }) => eventId)).toEqual(known);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  });

  it('are of all kinds, most of them plain payments', () => {
    const shares = new Map<string, number>();
    for (const { kind } of lives) shares.set(kind, (shares.get(kind) ?? 0) + 1 / LIVES);
    expect([...shares.keys()].sort()).toEqual([...LIFE_KINDS].sort());
    expect(Math.min(...shares.values())).toBeGreaterThan(0.013); // 2 %, as chance has it
    expect(shares.get('stripe: paid')).toBeGreaterThan(0.2);
  });

  it('have a few events of the size that providers send', () => {
    const events = lives.flatMap((life) => life.events);
    expect(events.length / LIVES).toBeGreaterThan(3);
    expect(events.length / LIVES).toBeLessThan(4);
    const bytes = events.reduce((sum, { body }) => sum + body.length, 0) / events.length;
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThan(3000);
  });

  it('of Stripe carry what changes between deliveries, and one mode throughout', () => {
    for (const life of lives.slice(0, 500)) {
      const modes = life.events.map((event) => {
        const text = event.body.toString();
        if (event.provider === 'stripe') expect(text).toMatch(/"pending_webhooks":1,/);
        return /"livemode":true|"domain":"live"/.test(text);
      });
      expect(new Set(modes).size).toBe(1);
    }
  });

  it('can be asked for by their kind', () => {
    for (const kind of LIFE_KINDS) {
      const life = lifeOfKind(kind, 'abc123');
      expect(life).toMatchObject({ kind, tag: 'abc123' });
      expect(lifeOfKind(kind, 'abc123')).toEqual(life);
      for (const text of shown(life).texts) expect(text).toContain('abc123');
    }
    expect(() => lifeOfKind('stripe: lost', 'abc123')).toThrow('there is no kind of life');
  });
});

function take(count: number, seed: number, run: string): Life[] {
  const from = livesFrom(seed, run);
  return Array.from({ length: count }, () => from.next().value as Life);
}

/** A life with its texts: those of the events, and the reference of the order. */
function shown({ tag, kind, order, events }: Life) {
  const bodies = events.map(({ body }) => body.toString());
  return { tag, kind, texts: order ? [order.reference, ...bodies] : bodies };
}
