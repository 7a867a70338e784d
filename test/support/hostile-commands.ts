import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { applyMutations, byteMutation, jsonMutation, type BodyMutation } from './hostile-bodies.js';
import type { RequestParts } from './hostile-heads.js';
import { HOSTILE_TEXTS } from './hostile-values.js';
import { TEST_TOKENS } from './service-environment.js';

/** A command before it knows whose it is: what is asked for, and what is wrong with it. */
export interface CommandRecipe {
  readonly what: string;
  /** Whether the caller has a token that the route takes. */
  readonly isAdmitted: boolean;
  /** @param tag twelve hexadecimal digits that no other command has */
  readonly build: (tag: string) => RequestParts;
}

interface Route {
  readonly line: (tag: string) => string;
  readonly role: keyof typeof TEST_TOKENS;
  /** Null: a request without a body. */
  readonly body: (tag: string) => unknown;
}

const post = (path: string | ((tag: string) => string)) => (tag: string) =>
  `POST ${typeof path === 'string' ? path : path(tag)} HTTP/1.1`;
const get = (path: string) => () => `GET ${path} HTTP/1.1`;
const nobody = () => randomUUID();
const nothing = () => null;

/** What is asked for; nothing of it makes the service call a provider that would answer. */
const ROUTES: readonly Route[] = [
  // Most of them about orders: these have an effect.
  ...Array.from({ length: 8 }, (): Route => ({
    line: post('/v1/orders'),
    role: 'service',
    body: newOrder,
  })),
  { line: post((tag) => `/v1/orders/hc-${tag}/cancel`), role: 'service', body: nothing },
  { line: post((tag) => `/v1/orders/hc-${tag}/payments`), role: 'service', body: newPayment },
  { line: post(() => `/v1/payments/${nobody()}/refunds`), role: 'operator', body: newRefund },
  { line: post(() => `/v1/payments/${nobody()}/verify`), role: 'service', body: nothing },
  { line: post('/v1/replays'), role: 'operator', body: newReplay },
  { line: post(() => `/v1/events/${nobody()}/replay`), role: 'operator', body: newReason },
  { line: post(() => `/v1/events/${nobody()}/discard`), role: 'operator', body: newReason },
  { line: post(() => `/v1/reviews/${nobody()}/resolve`), role: 'operator', body: newDecision },
  ...['/v1/events?limit=1', '/v1/payments?limit=1', '/v1/reviews', '/v1/audit', '/v1/orders/x'].map(
    (path): Route => ({ line: get(path), role: 'viewer', body: nothing }),
  ),
];

function newOrder(tag: string) {
  const metadata = { note: 'a "quoted" text', count: 3, gift: true };
  return { reference: `hc-${tag}`, currency: 'EUR', amountDueMinor: 1999, metadata };
}
function newPayment() {
  return { provider: 'stripe', customer: { email: 'buyer@example.com', name: 'B' } };
}
function newRefund() {
  return { amountMinor: 500, reason: 'as asked' };
}
function newReplay() {
  return { filter: { provider: 'stripe', from: '2026-01-01T00:00:00Z' }, dryRun: true };
}
function newReason() {
  return { reason: 'fixed' };
}
function newDecision() {
  return { resolution: 'accept', reason: 'as agreed', amountMinor: 5 };
}

/** Keys that are none, or odd; null: no key. */
const KEYS: readonly (string | null)[] = [
  ...[null, '', 'same', 'k'.repeat(255), 'k'.repeat(256), 'two words', '"quoted"', '"open', '""'],
  ...['\u00e9', "';drop table orders;--", '__proto__', '\\', ',', 'a, b', '\t', '"\\"', '\u0001'],
];
/** What somebody may say who has no token, or thinks that he has one. */
const AUTHORIZATIONS: readonly (string | null)[] = [
  ...[null, '', 'Bearer', 'Bearer ', 'Bearer x', 'Basic Og==', `Bearer ${'x'.repeat(5000)}`],
  ...['Bearer \u00e9', 'bearer null', 'Bearer undefined', 'Bearer a-token-of-nobody-at-all', ',,,'],
  `Bearer ${TEST_TOKENS.service}x`,
  `Bearer ${TEST_TOKENS.service.slice(0, -1)}`,
  `Bearer ${TEST_TOKENS.operator.toUpperCase()}`,
  `Bearer ${TEST_TOKENS.operator}, Bearer ${TEST_TOKENS.operator}`,
];
const TYPES = [
  ...['application/json; charset=utf-8', 'application/json; charset=utf-16', 'application/json;x'],
  ...[
    'application/json garbage',
    'text/plain',
    '',
    'application/x-www-form-urlencoded',
    '*/*',
    '/',
  ],
  ...['application/jsonx', 'multipart/form-data', 'application/merge-patch+json', '\u00ff'],
];
const QUERIES = HOSTILE_TEXTS.map((text) => encodeURIComponent(text.toString().slice(0, 500)));

/** A change of a command as a whole. */
type Change = (parts: RequestParts) => RequestParts;

/** A change with its name. */
const named = (what: string, change: Change): readonly [string, Change] => [what, change];

/** What is wrong with the head; most have nothing. */
const headChange: fc.Arbitrary<readonly [string, Change]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(named('', (parts) => parts)) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...KEYS)
      .map((key) => named('key', (parts) => withHeader(parts, 'idempotency-key', key))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...TYPES)
      .map((type) => named('content type', (parts) => withHeader(parts, 'content-type', type))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...QUERIES), fc.constantFrom(...QUERIES))
      .map(([name, value]) =>
        named('query', (parts) =>
          withLine(parts, / HTTP/, `?${name}=${value}&cursor=${value} HTTP`),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...QUERIES)
      .map((text) => named('path', (parts) => withLine(parts, /hc-\w+|[\da-f-]{36}/, text))),
  },
);

/** Any command, with something wrong or nothing. */
export const commandRecipe: fc.Arbitrary<CommandRecipe> = fc
  .record({
    route: fc.constantFrom(...ROUTES),
    mutations: fc.array(fc.oneof({ weight: 6, arbitrary: jsonMutation }, byteMutation), {
      maxLength: 2,
    }),
    head: headChange,
    authorization: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...AUTHORIZATIONS) },
    ),
  })
  .map(({ route, mutations, head: [what, change], authorization }) => ({
    what: ['command', ...mutations.map((one) => one.what), what].filter(Boolean).join(', '),
    isAdmitted: authorization === undefined,
    build: (tag) => change(buildCommand(route, mutations, authorization, tag)),
  }));

function buildCommand(
  { line, role, body }: Route,
  mutations: readonly BodyMutation[],
  authorization: string | null | undefined,
  tag: string,
): RequestParts {
  const given = body(tag);
  const bytes = given === null ? Buffer.alloc(0) : Buffer.from(JSON.stringify(given));
  const parts: RequestParts = {
    line: line(tag),
    headers: [
      ['host', 'tollgate'],
      ['authorization', `Bearer ${TEST_TOKENS[role]}`],
      ['idempotency-key', tag],
      ...(given === null ? [] : ([['content-type', 'application/json']] as const)),
    ],
    body: given === null ? bytes : applyMutations(bytes, mutations),
  };
  return authorization === undefined ? parts : withHeader(parts, 'authorization', authorization);
}

function withHeader(parts: RequestParts, name: string, value: string | null): RequestParts {
  const others = parts.headers.filter(([one]) => one !== name);
  return { ...parts, headers: value === null ? others : [...others, [name, value]] };
}

function withLine(parts: RequestParts, part: RegExp, text: string): RequestParts {
  return { ...parts, line: parts.line.replace(part, () => text) };
}
