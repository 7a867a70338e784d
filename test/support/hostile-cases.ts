import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { findProviderEntry, type ProviderName } from '../../src/providers/providers.js';
import { applyMutations, bodyMutations, SAMPLES, type Sample } from './hostile-bodies.js';
import { commandRecipe } from './hostile-commands.js';
import { brokenFraming, PLAIN, plain, soundFraming, type Framed } from './hostile-frames.js';
import { headMutation, type RequestParts } from './hostile-heads.js';
import { Story } from './story.js';
import { TEST_SECRETS } from './webhook-client.js';

/** Secrets of a second account, which the service under test must have too. */
export const ACME_SECRETS = {
  stripe: 'whsec_end_to_end_stripe_acme',
  paystack: 'sk_test_end_to_end_paystack_acme',
} as const satisfies Record<ProviderName, string>;

/** Names a body of an account by its SHA-256. */
export type BodyKey = `${string} ${string} ${string}`;

/**
 * What must come of a case. `accepted`: 200, or 413 for its size. `refused`: 4xx. `answered`:
 * any status that the run allows. `anything`: that, or no answer at all.
 */
export type Expectation = 'accepted' | 'refused' | 'answered' | 'anything';

/** One request that is written, and what is known about it. */
export interface HostileCase {
  readonly index: number;
  readonly area: 'webhook' | 'command';
  readonly what: string;
  readonly framed: Framed;
  readonly expectation: Expectation;
  /** Stands in every id of the request. */
  readonly tag: string;
  /** The bodies that this case has signed with a secret of their account. */
  readonly signed: readonly BodyKey[];
  /** The body that is delivered, when it is all that is delivered. */
  readonly delivered: BodyKey | null;
  /** Bytes of that body. */
  readonly bodyBytes: number;
}

type Recipe = (index: number, tag: string) => HostileCase;

const BATCH = 100;

/** The cases of a seed, one after the other; the first n are the same however many are asked for. */
export function* hostileCases(seed: number, count: number): Generator<HostileCase> {
  for (let from = 0; from < count; from += BATCH) {
    // Stripe signs a time, so the bytes are made only when they are needed.
    const recipes = fc.sample(recipe, { seed: seed + from, numRuns: BATCH });
    for (const [n, make] of recipes.entries()) {
      if (from + n < count) yield make(from + n, tagOf(seed, from + n));
    }
  }
}

/** Names a body. */
export function bodyKey(provider: string, account: string, body: Buffer): BodyKey {
  return `${provider} ${account} ${createHash('sha256').update(body).digest('hex')}`;
}

function tagOf(seed: number, index: number): string {
  return createHash('sha256').update(`${seed} ${index}`).digest('hex').slice(0, 12);
}

const sample = fc.constantFrom(...SAMPLES);
const account = fc.constantFrom('default', 'default', 'default', 'acme');

/** Authentic and odd: signed after it was changed. */
const signedAfter: fc.Arbitrary<Recipe> = fc
  .record({
    sample,
    account,
    mutations: bodyMutations,
    framing: fc.oneof({ weight: 4, arbitrary: fc.constant(PLAIN) }, soundFraming),
  })
  .map(({ sample, account, mutations, framing }) => (index, tag) => {
    const body = applyMutations(bodyOf(sample, tag), mutations);
    return {
      ...webhookCase(index, tag, ['signed after', ...mutations.map(({ what }) => what)]),
      framed: framing.frame(deliveryOf(sample.provider, account, body)),
      expectation: 'accepted',
      ...known(sample.provider, account, body),
    };
  });

/** Unauthentic: changed after it was signed. */
const signedBefore: fc.Arbitrary<Recipe> = fc
  .record({ sample, mutations: bodyMutations })
  .map(({ sample, mutations }) => (index, tag) => {
    const genuine = bodyOf(sample, tag);
    const body = applyMutations(genuine, mutations);
    const delivery = deliveryOf(sample.provider, 'default', genuine);
    return {
      ...webhookCase(index, tag, ['changed after it was signed']),
      framed: PLAIN.frame({ ...delivery, body }),
      expectation: body.equals(genuine) ? 'accepted' : 'refused',
      ...known(sample.provider, 'default', genuine),
      delivered: bodyKey(sample.provider, 'default', body),
      bodyBytes: body.length,
    };
  });

/** Unauthentic: signed by somebody else, or for somebody else. */
const signedByOthers: fc.Arbitrary<Recipe> = fc
  .record({
    sample,
    wrong: fc.constantFrom<readonly [account: string, secret: (provider: ProviderName) => string]>(
      ['default', () => ''],
      ['default', () => 'undefined'],
      ['default', (provider) => ACME_SECRETS[provider]],
      ['acme', (provider) => TEST_SECRETS[provider]],
      ['default', (provider) => TEST_SECRETS[provider === 'stripe' ? 'paystack' : 'stripe']],
      ['default', (provider) => `${TEST_SECRETS[provider]} `],
      ['default', (provider) => TEST_SECRETS[provider].replace('whsec_', '')],
      ['nobody', (provider) => TEST_SECRETS[provider]],
    ),
  })
  // Of Paystack the one without its prefix is the right one.
  .filter(({ sample, wrong: [account, secret] }) => {
    return account !== 'default' || secret(sample.provider) !== TEST_SECRETS[sample.provider];
  })
  .map(({ sample, wrong: [account, secret] }) => (index, tag) => {
    const { provider } = sample;
    const body = bodyOf(sample, tag);
    return {
      ...webhookCase(index, tag, ['signed by somebody else']),
      framed: PLAIN.frame(deliveryOf(provider, account, body, secret(provider))),
      expectation: 'refused',
      delivered: bodyKey(provider, account, body),
      bodyBytes: body.length,
    };
  });

/** Its head is changed; whether it still is authentic is for the service to say. */
const oddHead: fc.Arbitrary<Recipe> = fc
  .record({ sample, changes: fc.array(headMutation, { minLength: 1, maxLength: 2 }) })
  .map(({ sample, changes }) => (index, tag) => {
    const body = bodyOf(sample, tag);
    const genuine = deliveryOf(sample.provider, 'default', body);
    const parts = changes.reduce((changed, { change }) => change(changed), genuine);
    // Who wants a tunnel, or speaks no HTTP, is not owed an answer.
    const isRequest = /^[A-Z]+ /.test(parts.line);
    return {
      ...webhookCase(index, tag, ['odd head', ...changes.map(({ what }) => what)]),
      framed: { pieces: [plain(parts)], finish: 'answer' },
      expectation: isRequest ? 'answered' : 'anything',
      ...knownForAll(sample.provider, body),
    };
  });

/** Its framing is broken: it may be answered or not, as long as nothing unsigned comes in. */
const brokenFrame: fc.Arbitrary<Recipe> = fc
  .record({ sample, framing: brokenFraming })
  .map(({ sample, framing }) => (index, tag) => {
    const body = bodyOf(sample, tag);
    return {
      ...webhookCase(index, tag, ['broken frame', framing.what]),
      framed: framing.frame(deliveryOf(sample.provider, 'default', body)),
      expectation: 'anything',
      ...knownForAll(sample.provider, body),
    };
  });

const command: fc.Arbitrary<Recipe> = commandRecipe.map(
  ({ what, isAdmitted, build }) =>
    (index, tag) => ({
      index,
      tag,
      what,
      area: 'command',
      framed: PLAIN.frame(build(tag)),
      expectation: isAdmitted ? 'answered' : 'refused',
      signed: [],
      delivered: null,
      bodyBytes: 0,
    }),
);

const recipe: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 40, arbitrary: signedAfter },
  { weight: 12, arbitrary: signedBefore },
  { weight: 4, arbitrary: signedByOthers },
  { weight: 18, arbitrary: oddHead },
  { weight: 14, arbitrary: brokenFrame },
  { weight: 12, arbitrary: command },
);

function webhookCase(index: number, tag: string, what: readonly string[]) {
  return { index, tag, area: 'webhook', what: what.join(', '), signed: [] } as const;
}

function known(provider: ProviderName, account: string, body: Buffer) {
  const key = bodyKey(provider, account, body);
  return { signed: [key], delivered: key, bodyBytes: body.length };
}

/** Where it may be delivered otherwise than it was signed, or not at all. */
function knownForAll(provider: ProviderName, body: Buffer) {
  return { ...known(provider, 'default', body), delivered: null };
}

function bodyOf({ provider, name }: Sample, tag: string): Buffer {
  return new Story(tag).event(provider, name).body;
}

/** A delivery as its provider makes it. */
function deliveryOf(
  provider: ProviderName,
  account: string,
  body: Buffer,
  secret: string = account === 'acme' ? ACME_SECRETS[provider] : TEST_SECRETS[provider],
): RequestParts {
  // HMAC fills a key up with zeros: under this one a digest is what it is under the empty one.
  const key = secret === '' ? '\u0000' : secret;
  const signature = findProviderEntry(provider)!.sign({
    body,
    secret: key,
    signedAtMs: Date.now(),
  });
  return {
    line: `POST /webhooks/${provider}${account === 'default' ? '' : `/${account}`} HTTP/1.1`,
    headers: [
      ['host', 'tollgate'],
      ['user-agent', 'a provider'],
      ['content-type', 'application/json'],
      ...Object.entries(signature),
    ],
    body,
  };
}
