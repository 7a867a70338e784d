import { randomFrom, type Random } from './random.js';
import type { Kind } from './stories/kind.js';
import type { Life } from './stories/life.js';
import { PAYSTACK_KINDS } from './stories/paystack.kinds.js';
import { STRIPE_KINDS } from './stories/stripe.kinds.js';

export type { Life, ProofEvent, ProofOrder } from './stories/life.js';

const KINDS: Readonly<Record<string, Kind>> = { ...STRIPE_KINDS, ...PAYSTACK_KINDS };

export const LIFE_KINDS: readonly string[] = Object.keys(KINDS);

/** 2026-03-01; lives begin in the month after it. */
const START_SECONDS = 1_772_323_200;
const MONTH_SECONDS = 2_592_000;
/** Digits of a tag, so that no tag begins another one. */
const DIGITS = 7;
const STRIPE_CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY'];
const PAYSTACK_CURRENCIES = ['NGN', 'GHS', 'ZAR', 'KES'];

/**
 * Endless supply of lives; the same seed gives the same lives.
 * @param run makes the ids of one run unlike those of another; letters and digits
 */
export function* livesFrom(seed: number, run: string): Generator<Life> {
  const random = randomFrom(seed);
  for (let number = 0; ; number += 1) {
    const tag = `${run}x${number.toString(36).padStart(DIGITS, '0')}`;
    yield lifeOf(pickKind(random), tag, random);
  }
}

/** A life of one kind, for faults that want a particular one. */
export function lifeOfKind(kind: string, tag: string): Life {
  return lifeOf(kind, tag, randomFrom(hashOf(tag)));
}

function lifeOf(name: string, tag: string, random: Random): Life {
  const kind = KINDS[name];
  if (!kind) throw new Error(`there is no kind of life ${name}, but ${LIFE_KINDS.join(', ')}`);
  const isPaystack = name in PAYSTACK_KINDS;
  const setting = {
    tag,
    currency: random.pick(isPaystack ? PAYSTACK_CURRENCIES : STRIPE_CURRENCIES),
    amountMinor: 500 + random.below(99_500),
    livemode: random.happens(0.5),
    startedAt: START_SECONDS + random.below(MONTH_SECONDS),
  };
  return { tag, kind: name, ...kind.make(setting, random) };
}

const SHARES = Object.values(KINDS).reduce((sum, { share }) => sum + share, 0);

function pickKind(random: Random): string {
  let left = random.next() * SHARES;
  for (const [name, { share }] of Object.entries(KINDS)) {
    left -= share;
    if (left < 0) return name;
  }
  return LIFE_KINDS[0]!;
}

/** FNV-1a of 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}
