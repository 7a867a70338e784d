import { readFileSync } from 'node:fs';
import { DEFAULT_ACCOUNT, type VerifiedEvent } from '../../../../src/providers/provider.js';
import { findProviderEntry, type ProviderName } from '../../../../src/providers/providers.js';
import { objectOf, type Payload } from '../../story.js';
import { TEST_SECRET, testProviders } from '../../translate-events.js';

/** What an event says, as a person who reads it would put it down. Minor units. */
export interface Says {
  readonly payment?: string;
  readonly order?: string;
  readonly capturedMinor?: number;
  readonly refundMinor?: number;
  readonly isPending?: boolean;
  readonly hasFailed?: boolean;
  readonly isCancelled?: boolean;
  /** Of the payment that belongs to this part. */
  readonly dispute?: { readonly part: string; readonly amountMinor: number };
  /** A part that it says belongs to its payment. */
  readonly part?: string;
}

/** An event that a provider may deliver. */
export interface CatalogEvent {
  /** Its name in stories; the provider's id of it, where that is ours to choose. */
  readonly name: string;
  readonly provider: ProviderName;
  readonly type: string;
  readonly event: VerifiedEvent;
  readonly says: Says;
  /** Another content under the same id, where the provider could send one. */
  readonly other: { readonly event: VerifiedEvent; readonly says: Says } | null;
  /** What its translation comes to, where that is not facts. */
  readonly trouble: 'ignored' | 'amount_unusable' | 'translate_failed' | 'process_ended' | null;
}

const PAYMENT = 'pi_3TgSampleOrder1001';
const ORDER = 'sample-1001';
const PART = 'py_3TgSampleOrder1001Bank';
const CAPTURED: Says = { payment: PAYMENT, order: ORDER, part: PART, capturedMinor: 5000 };

/** The event whose translation fails as long as nobody has mended it. */
export const POISON = 'evt_poison';
/** The event that ends the process of every worker that reads it, as long as that. */
export const KILLER = 'evt_killer';

/** Samples of the providers: few, so that what happens to one of them happens often. */
export const CATALOG: readonly CatalogEvent[] = [
  stripe('evt_charged', 'charge.succeeded', CAPTURED, {
    object: { amount_captured: 5500 },
    says: { ...CAPTURED, capturedMinor: 5500 },
  }),
  // Tells of the same money as the one before.
  stripe('evt_succeeded', 'payment_intent.succeeded', CAPTURED),
  stripe('evt_failed', 'charge.failed', { payment: PAYMENT, order: ORDER, hasFailed: true }),
  stripe('evt_refunded', 'charge.refund.updated', {
    payment: PAYMENT,
    part: PART,
    refundMinor: 2000,
  }),
  stripe(
    'evt_disputed',
    'charge.dispute.created.old',
    { dispute: { part: PART, amountMinor: 4200 } },
    null,
    { object: { charge: PART } },
  ),
  stripe('evt_cancelled', 'payment_intent.canceled', {
    payment: 'pi_3TgSampleOrder1003',
    order: 'sample-1003',
    isCancelled: true,
  }),
  entry('evt_naira', 'paystack', 'charge.success', {
    payment: 'tg-sample-3001',
    order: 'sample-3001',
    capturedMinor: 500_000,
  }),
  {
    ...stripe(POISON, 'charge.succeeded.expanded', {
      payment: 'pi_3TgSampleOrder1009',
      order: 'sample-1009',
      capturedMinor: 1200,
    }),
    trouble: 'translate_failed',
  },
  {
    ...stripe(KILLER, 'payment_intent.partially_funded', {
      payment: 'pi_3TgSampleOrder1008',
      order: 'sample-1008',
      isPending: true,
    }),
    trouble: 'process_ended',
  },
  {
    ...stripe('evt_odd', 'charge.captured', {}, null, { object: { amount_captured: 10.5 } }),
    trouble: 'amount_unusable',
  },
  { ...stripe('evt_customer', 'customer.created', {}), trouble: 'ignored' },
];

interface Change {
  readonly object: Readonly<Record<string, unknown>>;
}

function stripe(
  name: string,
  sample: string,
  says: Says,
  other: (Change & { readonly says: Says }) | null = null,
  change: Change | null = null,
): CatalogEvent {
  return entry(name, 'stripe', sample, says, other, change);
}

function entry(
  name: string,
  provider: ProviderName,
  sample: string,
  says: Says,
  other: (Change & { readonly says: Says }) | null = null,
  change: Change | null = null,
): CatalogEvent {
  const event = read(provider, sample, name, change);
  const conflict = other && { event: read(provider, sample, name, other), says: other.says };
  return { name, provider, type: event.eventType, event, says, other: conflict, trouble: null };
}

/** A sample under the id of this event, signed and verified as a delivery of it would be. */
function read(
  provider: ProviderName,
  sample: string,
  name: string,
  change: Change | null,
): VerifiedEvent {
  const { samplesFolder, sign } = findProviderEntry(provider)!;
  const payload = JSON.parse(
    readFileSync(new URL(`${sample}.json`, samplesFolder), 'utf8'),
  ) as Payload;
  if (provider === 'stripe') payload['id'] = name;
  Object.assign(objectOf(provider, payload), change?.object);
  const body = Buffer.from(JSON.stringify(payload));
  const nowMs = Date.now();
  const headers = sign({ body, secret: TEST_SECRET, signedAtMs: nowMs });
  const request = { headers, body, account: DEFAULT_ACCOUNT, receivedAtMs: nowMs };
  return testProviders().get(provider)!.verify(request);
}
