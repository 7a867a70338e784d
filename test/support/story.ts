import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findProviderEntry, type ProviderName } from '../../src/providers/providers.js';

/** An event as a provider would send it, not signed yet. */
export interface StoryEvent {
  readonly provider: ProviderName;
  /** As the inbox will know it. */
  readonly eventId: string;
  readonly body: Buffer;
}

/** An object of a payload: what tests count on, and whatever else they put there. */
export interface PayloadObject {
  [field: string]: unknown;
  id: string;
}

/** A payload that a test may change before it is sent; use `Object.assign` for odd values. */
export interface Payload {
  [field: string]: unknown;
  /** Seconds since 1970, Stripe only. */
  created: number;
  /** Stripe has the object of the event inside `data`; Paystack's `data` is it. */
  data: PayloadObject & { object: PayloadObject };
}

/** The object that an event is about. */
export function objectOf(provider: ProviderName, { data }: Payload): PayloadObject {
  return provider === 'stripe' ? data.object : data;
}

/**
 * Makes our samples into the events of one order that no other test knows: every id in them is
 * renamed with a tag, and every event gets an id of its own. Two stories that tell the same samples
 * differ in nothing but their tag.
 */
export class Story {
  private readonly number: string;
  private events = 0;

  /** @param tag stands in every id of this story: twelve hexadecimal digits, by chance if not given */
  constructor(readonly tag: string = randomBytes(6).toString('hex')) {
    this.number = String(Number.parseInt(tag.slice(0, 10), 16) + 5_000_000_000_000);
  }

  /** The order that the samples of payment `sample` (1001, 3001, …) name. */
  order(sample: number): string {
    return `${this.tag}-${sample}`;
  }

  /** Id at the provider of the payment that the samples with this number tell of. */
  payment(sample: number): string {
    return sample < 3000 ? `pi_3Tg${this.tag}Order${sample}` : `tg-${this.tag}-${sample}`;
  }

  /** An event of a Stripe sample. */
  stripe(sample: string, change?: (payload: Payload) => void): StoryEvent {
    this.events += 1;
    const eventId = `evt_${this.tag}${String(this.events).padStart(6, '0')}`;
    const text = this.rename('stripe', sample).replace(/"evt_\w+"/, JSON.stringify(eventId));
    return { provider: 'stripe', eventId, body: changed(text, change) };
  }

  /** An event of a Paystack sample; its id is the hash of its body. */
  paystack(sample: string, change?: (payload: Payload) => void): StoryEvent {
    return rawEvent('paystack', changed(this.rename('paystack', sample), change));
  }

  /** An event of either provider. */
  event(provider: ProviderName, sample: string, change?: (payload: Payload) => void): StoryEvent {
    return provider === 'stripe' ? this.stripe(sample, change) : this.paystack(sample, change);
  }

  private rename(provider: ProviderName, sample: string): string {
    const folder = findProviderEntry(provider)!.samplesFolder;
    return readFileSync(new URL(`${sample}.json`, folder), 'utf8')
      .replace(/(?<=Tg)Sample|(?<=["-])sample(?=-)/g, this.tag)
      .replace(/\b500000(?=300\d\b)/g, this.number);
  }
}

/** Any bytes as an event whose id is their hash, as Tollgate does it for want of a better one. */
export function rawEvent(provider: ProviderName, body: Buffer | string): StoryEvent {
  const bytes = Buffer.from(body as string);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { provider, eventId: `sha256:${digest}`, body: bytes };
}

function changed(text: string, change?: (payload: Payload) => void): Buffer {
  if (!change) return Buffer.from(text);
  const payload = JSON.parse(text) as Payload;
  change(payload);
  return Buffer.from(JSON.stringify(payload));
}
