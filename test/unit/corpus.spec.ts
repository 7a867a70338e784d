import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SignatureError } from '../../src/errors.js';
import type { ProviderEntry } from '../../src/providers/provider-entry.js';
import { DEFAULT_ACCOUNT } from '../../src/providers/provider.js';
import { createProviders, PROVIDERS, type ProviderName } from '../../src/providers/providers.js';
import { deliver, type ProviderSample, understand } from '../contracts/provider-harness.js';

/** Real payloads, which are no part of this repository; the README of the folder describes them. */
const CORPUS_DIR = resolve(process.env['CORPUS_DIR'] ?? '../shared/fixtures');

/** The files that must become dead letters, each with its code; any other dead letter is a defect. */
const DEAD_LETTERS: Readonly<Record<ProviderName, Readonly<Record<string, string>>>> = {
  stripe: {
    // Disputes of before 2014, when they had no id.
    'charge.dispute.closed.rubymock.json': 'payload_malformed',
    'charge.dispute.updated.rubymock.json': 'payload_malformed',
    // API objects, which are no events.
    'objects/charge.json': 'payload_malformed',
    'objects/checkout.session.json': 'payload_malformed',
    'objects/dispute.json': 'payload_malformed',
    'objects/invoice.json': 'payload_malformed',
    'objects/payment_intent.json': 'payload_malformed',
    'objects/refund.json': 'payload_malformed',
    'objects/setup_intent.json': 'payload_malformed',
    // The envelope of Amazon EventBridge.
    'thin/eventBridgeNotificationPayload.go.json': 'payload_malformed',
    'thin/testEventBridgePayload.go.json': 'payload_malformed',
    // Thin events: what happened has to be fetched.
    'thin/llama.created.node.2.json': 'needs_provider_api',
    'thin/llama.created.node.json': 'needs_provider_api',
    'thin/this.event.doesnt.exist.dotnet.json': 'needs_provider_api',
    'thin/v1.billing.meter.error_report_triggered.dotnet.2.json': 'needs_provider_api',
    'thin/v1.billing.meter.error_report_triggered.dotnet.json': 'needs_provider_api',
    'thin/v1.billing.meter.error_report_triggered.node.2.json': 'needs_provider_api',
    'thin/v1.billing.meter.error_report_triggered.node.json': 'needs_provider_api',
    'thin/v1.billing.meter.no_meter_found.dotnet.2.json': 'needs_provider_api',
    'thin/v1.billing.meter.no_meter_found.dotnet.3.json': 'needs_provider_api',
    'thin/v1.billing.meter.no_meter_found.dotnet.json': 'needs_provider_api',
    'thin/v1.billing.meter.no_meter_found.node.2.json': 'needs_provider_api',
    'thin/v1.billing.meter.no_meter_found.node.json': 'needs_provider_api',
  },
  paystack: {},
};

/** The beginnings of event types that speak of money and so must tell facts. */
const TYPES_OF_MONEY: Readonly<Record<ProviderName, readonly string[]>> = {
  stripe: ['payment_intent.', 'charge.', 'refund.', 'checkout.session.'],
  paystack: ['charge.', 'refund.'],
};

/** Files of such a type that yet say nothing: a session that sets up a card takes no payment. */
const SAY_NOTHING = ['checkout.session.completed.setup_mode.rubymock.json'];

/** Fewer files than this, and the corpus is not the one these tests were written for. */
const FILES_MIN: Readonly<Record<ProviderName, number>> = { stripe: 350, paystack: 35 };

interface SignatureVector {
  readonly provider: string;
  readonly secret: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly valid: boolean;
  readonly why?: string;
  /** Seconds since 1970. */
  readonly now?: number;
}

if (!existsSync(CORPUS_DIR)) {
  console.warn(`The corpus tests are skipped: there is no ${CORPUS_DIR} (CORPUS_DIR).`);
  it.skip('the corpus tests are skipped because CORPUS_DIR does not exist', () => undefined);
} else {
  for (const entry of PROVIDERS) describeCorpus(entry);
}

function describeCorpus(entry: ProviderEntry & { readonly name: ProviderName }): void {
  describe(`the corpus of ${entry.name}`, () => {
    const outcomes = readOutcomes(entry);

    it('is complete', () => {
      expect(outcomes.size).toBeGreaterThanOrEqual(FILES_MIN[entry.name]);
    });

    it('becomes no dead letters but the expected ones', () => {
      const dead = [...outcomes].filter(([, { result }]) => typeof result === 'string');
      const codes = dead.map(([file, { result }]) => [file, result]);
      expect(Object.fromEntries(codes)).toEqual(DEAD_LETTERS[entry.name]);
    });

    it('tells facts wherever it speaks of money', () => {
      const silent = [...outcomes]
        .filter(([, { result }]) => result === null)
        .filter(([, { type }]) =>
          TYPES_OF_MONEY[entry.name].some((start) => type.startsWith(start)),
        )
        .map(([file]) => file)
        .filter((file) => !SAY_NOTHING.includes(file));
      expect(silent).toEqual([]);
    });

    it.each(readVectors(entry.name))('judges signature vector $index: $why', (vector) => {
      expect(isAccepted(entry.name, vector)).toBe(vector.valid);
    });
  });
}

function readOutcomes(
  entry: ProviderEntry,
): Map<string, { type: string; result: ProviderSample['expected'] }> {
  const folder = join(CORPUS_DIR, entry.name);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    files
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const body = readFileSync(join(folder, file));
        return [file, { type: deliver(entry, body).eventType, result: understand(entry, body) }];
      }),
  );
}

function readVectors(name: string): Array<SignatureVector & { index: number }> {
  const file = readFileSync(join(CORPUS_DIR, 'signatures.json'), 'utf8');
  return (JSON.parse(file) as SignatureVector[])
    .filter(({ provider }) => provider === name)
    .map((vector, index) => ({ ...vector, why: vector.why ?? 'genuine', index }));
}

function isAccepted(name: ProviderName, vector: SignatureVector): boolean {
  // A blank secret cannot even be configured; what is wrong with those vectors is the header.
  const secrets = new Map([[DEFAULT_ACCOUNT, [vector.secret || 'a secret of ours']]]);
  const none = new Map<string, readonly string[]>();
  const provider = createProviders({ stripe: none, paystack: none, [name]: secrets }, 'order_id', {
    stripe: null,
    paystack: null,
  }).get(name);
  const headers = Object.fromEntries(
    Object.entries(vector.headers).map(([header, value]) => [header.toLowerCase(), value]),
  );
  try {
    provider?.verify({
      headers,
      body: Buffer.from(vector.body),
      account: DEFAULT_ACCOUNT,
      receivedAtMs: (vector.now ?? 0) * 1000,
    });
    return provider !== undefined;
  } catch (error) {
    if (error instanceof SignatureError) return false;
    throw error;
  }
}
