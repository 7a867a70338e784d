import { describe, expect, it } from '@jest/globals';
import type { ProviderName } from '../../src/providers/providers.js';
import { eventually } from '../support/eventually.js';
import { ACME_SECRETS } from '../support/hostile-cases.js';
import {
  edited,
  HostileDoor,
  paid,
  PROVIDER_NAMES as BOTH,
  signature,
  SIGNATURE_HEADER,
  signatureAt,
} from '../support/hostile-door.js';
import { findRows, metric } from '../support/observe.js';
import { serviceEnvironment } from '../support/service-environment.js';
import { spawnService } from '../support/spawn-service.js';
import { Story, type StoryEvent } from '../support/story.js';
import { createTestDatabase } from '../support/test-database.js';
import { TEST_SECRETS, type DeliveryOptions } from '../support/webhook-client.js';

const STRIPE = ['stripe'] as const;
const PAYSTACK = ['paystack'] as const;
const CONFLICTS = 'tollgate_events_conflict_total';

const door = new HostileDoor();

/** The same event with a header that is derived from the right one. */
const withHeader = (change: (right: string) => string) => (event: StoryEvent) => ({
  headers: { [SIGNATURE_HEADER[event.provider]]: change(signature(event)) },
});
const sendBody = (change: (body: Buffer) => Buffer) => (event: StoryEvent) => ({
  sendBody: change(event.body),
});
const signedFor = (time: () => string) => (event: StoryEvent) => ({
  headers: { 'stripe-signature': signatureAt(event, time()) },
});
const now = () => Math.floor(Date.now() / 1000);
const hexOf = (right: string) => /[0-9a-f]{64,}$/.exec(right)![0];
const upper = (right: string) => right.replace(/[0-9a-f]{64,}$/, (hex) => hex.toUpperCase());
const other = (provider: ProviderName) => (provider === 'stripe' ? 'paystack' : 'stripe');
const flipBit = (body: Buffer) => {
  const changed = Buffer.from(body);
  changed[body.length >> 1]! ^= 1;
  return changed;
};

describe('a delivery that is not proven to be genuine', () => {
  type Case = readonly [
    what: string,
    providers: readonly ProviderName[],
    options: (event: StoryEvent) => DeliveryOptions,
    /** As it is counted and noted; what is answered never tells it. */
    reason: string,
  ];
  const MALFORMED = 'header_malformed';
  const CASES: readonly Case[] = [
    [
      'B1 without a signature header',
      BOTH,
      ({ provider }) => ({ headers: { [SIGNATURE_HEADER[provider]]: null } }),
      'header_missing',
    ],
    [
      'B1 without any header of a signature, as n8n believed it (CVE-2026-21894)',
      BOTH,
      ({ provider }) => ({
        headers: { [SIGNATURE_HEADER[provider]]: null, 'user-agent': 'Stripe/1.0' },
      }),
      'header_missing',
    ],
    ['B2 with an empty header', BOTH, withHeader(() => ''), 'header_missing'],
    ['B2 with t=,v1=', BOTH, withHeader(() => 't=,v1='), MALFORMED],
    ['B2 with only separators', BOTH, withHeader(() => ',,,==='), MALFORMED],
    [
      'B3 with a prefix of the right digest, as svix compared it (CVE-2024-21491)',
      BOTH,
      withHeader((right) => right.slice(0, -2)),
      MALFORMED,
    ],
    [
      'B3 with one byte of the right digest (CVE-2024-21491)',
      BOTH,
      withHeader((right) => right.replace(hexOf(right), hexOf(right).slice(0, 2))),
      MALFORMED,
    ],
    [
      'B3 with an empty digest (CVE-2024-21491)',
      STRIPE,
      withHeader((right) => right.replace(hexOf(right), '')),
      MALFORMED,
    ],
    ['B4 with a longer digest', BOTH, withHeader((right) => `${right}00`), MALFORMED],
    [
      'B4 with a digest that is not hexadecimal',
      BOTH,
      withHeader((right) => right.replace(/.$/, 'g')),
      MALFORMED,
    ],
    ['B4 with the digest in upper case', BOTH, withHeader(upper), MALFORMED],
    [
      'B4 with a letter beyond ASCII',
      BOTH,
      withHeader((right) => right.replace(/.$/, 'é')),
      MALFORMED,
    ],
    [
      'B6 with the right digest behind more than a few others',
      STRIPE,
      withHeader((right) => right.replace(',v1=', `${`,v1=${'0'.repeat(64)}`.repeat(8)},v1=`)),
      'no_match',
    ],
    [
      'B6 with 200 digests',
      STRIPE,
      withHeader((right) => right + `,v1=${'0'.repeat(64)}`.repeat(200)),
      MALFORMED,
    ],
    ['B6 with 14 kB', PAYSTACK, withHeader((right) => right.repeat(110)), MALFORMED],
    [
      'B7 with the right digest as v0',
      STRIPE,
      withHeader((right) => right.replace('v1=', 'v0=')),
      MALFORMED,
    ],
    [
      'B7 with the right digest as v0 beside a wrong one as v1',
      STRIPE,
      withHeader((right) => `${right.replace('v1=', 'v0=')},v1=${'0'.repeat(64)}`),
      'no_match',
    ],
    ['B8 with two times', STRIPE, withHeader((right) => `t=${now()},${right}`), MALFORMED],
    ['B8 with t=…abc', STRIPE, signedFor(() => `${now()}abc`), MALFORMED],
    ['B8 with t=-1', STRIPE, signedFor(() => '-1'), MALFORMED],
    ['B8 with t=1e9', STRIPE, signedFor(() => '1e9'), MALFORMED],
    ['B8 with t=+…', STRIPE, signedFor(() => `+${now()}`), MALFORMED],
    ['B8 with t=0…', STRIPE, signedFor(() => `0${now()}`), MALFORMED],
    ['B8 with t=9999999999999999', STRIPE, signedFor(() => '9999999999999999'), MALFORMED],
    ['B8 with an empty t', STRIPE, signedFor(() => ''), MALFORMED],
    [
      'B9 signed too long ago',
      STRIPE,
      () => ({ signedAtMs: Date.now() - 301_000 }),
      'timestamp_too_old',
    ],
    [
      'B10 signed in the future',
      STRIPE,
      () => ({ signedAtMs: Date.now() + 302_000 }),
      'timestamp_in_future',
    ],
    [
      'B11 with the right header twice',
      BOTH,
      (event) => ({
        headers: { [SIGNATURE_HEADER[event.provider]]: [signature(event), signature(event)] },
      }),
      MALFORMED,
    ],
    [
      'B12 signed with the secret of another account',
      BOTH,
      ({ provider }) => ({ secret: ACME_SECRETS[provider] }),
      'no_match',
    ],
    [
      'B12 signed for the default account and sent to another',
      BOTH,
      ({ provider }) => ({ path: `/webhooks/${provider}/acme` }),
      'no_match',
    ],
    [
      'B12 signed with the secret of another provider',
      BOTH,
      ({ provider }) => ({ secret: TEST_SECRETS[other(provider)] }),
      'no_match',
    ],
    [
      'B12 signed with a secret that only looks like ours (CVE-2025-53548)',
      BOTH,
      ({ provider }) => ({ secret: `${TEST_SECRETS[provider]} ` }),
      'no_match',
    ],
    [
      'B13 signed with no secret at all (CVE-2026-1461)',
      BOTH,
      // HMAC fills a key up with zeros, so this one is the empty one.
      () => ({ secret: '\u0000' }),
      'no_match',
    ],
    [
      'B14 re-serialised',
      BOTH,
      sendBody((body) => Buffer.from(JSON.stringify(JSON.parse(body.toString())))),
      'no_match',
    ],
    [
      'B14 with its keys in another order',
      BOTH,
      sendBody((body) => {
        const payload = JSON.parse(body.toString()) as object;
        return Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(payload).reverse())));
      }),
      'no_match',
    ],
    ['B15 with one bit flipped', BOTH, sendBody(flipBit), 'no_match'],
    [
      'B15 with CRLF line ends',
      BOTH,
      sendBody((body) => Buffer.from(body.toString().replaceAll('\n', '\r\n'))),
      'no_match',
    ],
    [
      'B15 with a line end more',
      BOTH,
      sendBody((body) => Buffer.concat([body, Buffer.from('\n')])),
      'no_match',
    ],
    [
      'B15 with a byte order mark',
      BOTH,
      sendBody((body) => Buffer.concat([Buffer.from('\ufeff'), body])),
      'no_match',
    ],
  ];
  const rows = CASES.flatMap(([what, providers, options, reason]) =>
    providers.map((provider) => [what, provider, options, reason] as const),
  );

  it('B2 has one constant answer, which tells nothing', () => {
    expect(JSON.parse(door.refusal)).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      code: 'invalid_signature',
      error: 'invalid_signature',
    });
  });

  it.each(rows)('%s is refused (%s)', async (_what, provider, options, reason) => {
    const event = paid(provider);
    await door.expectRefused({ status: 401, reason }, event, options(event));
  });

  it.each(BOTH)('B12 signed by and for another provider than %s is refused', async (provider) => {
    const elsewhere = { path: `/webhooks/${other(provider)}` };
    const refusal = { status: 401, reason: 'header_missing', provider: other(provider) };
    await door.expectRefused(refusal, paid(provider), elsewhere);
  });

  it('B6 with 1000 digests is refused before it is read', async () => {
    const event = paid('stripe');
    const header = signature(event) + `,v1=${'0'.repeat(64)}`.repeat(1000);
    const headers = { 'stripe-signature': header };
    await door.expectRefused({ status: 431, reason: null }, event, { headers });
  });
});

describe('a delivery that is genuine after all', () => {
  it('B5 is accepted when the second of two digests is right', async () => {
    const event = paid('stripe');
    const header = signature(event).replace(',v1=', `,v1=${'0'.repeat(64)},v1=`);
    const row = await door.expectStored(event, { headers: { 'stripe-signature': header } });
    expect(row.status).toBe('applied');
  });

  it('B6 is accepted when its digest is the last of eight', async () => {
    const event = paid('stripe');
    const header = signature(event).replace(',v1=', `${`,v1=${'0'.repeat(64)}`.repeat(7)},v1=`);
    const row = await door.expectStored(event, { headers: { 'stripe-signature': header } });
    expect(row.status).toBe('applied');
  });

  it('B9 is accepted within the tolerance, in both directions', async () => {
    // That the boundary is exact is shown where the clock is an argument.
    for (const seconds of [-295, 295]) {
      const event = paid('stripe');
      const row = await door.expectStored(event, { signedAtMs: Date.now() + seconds * 1000 });
      expect(row.status).toBe('applied');
    }
  });

  it.each(BOTH)('B12 is accepted by the account whose secret has signed it (%s)', async (name) => {
    const options = { secret: ACME_SECRETS[name], path: `/webhooks/${name}/acme` };
    const row = await door.expectStored(paid(name), options);
    expect(await door.paymentOf(row)).toMatchObject({ account: 'acme', status: 'paid' });
  });

  it.each(BOTH)('B16 is a duplicate when it is replayed (%s)', async (provider) => {
    const event = paid(provider);
    const headers = { [SIGNATURE_HEADER[provider]]: signature(event) };
    await door.expectStored(event, { headers });
    const counted = await metric(
      door.client,
      `tollgate_events_duplicate_total{provider="${provider}"}`,
    );
    expect(await door.client.expectAccepted(event, { headers })).toBe('duplicate');
    const row = await eventually(async () => {
      const [found] = await findRows(door.database, [event]);
      expect(found).toMatchObject({ deliveries: 2, conflicts: 0, attempts: 0 });
      return found!;
    });
    expect(await door.paymentOf(row)).toMatchObject({ status: 'paid', version: 1 });
    expect(
      await metric(door.client, `tollgate_events_duplicate_total{provider="${provider}"}`),
    ).toBe(counted + 1);
  });

  it('B17 the same event id with another body keeps the first one, and is counted as a conflict', async () => {
    const event = paid('stripe');
    const changed = edited(event, /"amount_received": 5000/, '"amount_received": 9000');
    const row = await door.expectStored(event);
    const [conflicts, noted] = [await metric(door.client, CONFLICTS), door.service.logs().length];
    expect(await door.client.expectAccepted(changed)).toBe('duplicate');
    await eventually(async () => {
      const rows = await findRows(door.database, [event]);
      expect(rows).toMatchObject([{ deliveries: 2, conflicts: 1, body: event.body }]);
      const kept = await door.database.query(
        'select body, deliveries from inbox_conflicts where inbox_id = $1',
        [row.id],
      );
      expect(kept).toEqual([{ body: changed.body, deliveries: 1 }]);
      expect(await metric(door.client, CONFLICTS)).toBe(conflicts + 1);
      const alarm = { msg: 'an event id came with another content', level: 50 };
      expect(door.entriesSince(noted)).toContainEqual(expect.objectContaining(alarm));
    });
    expect(await door.paymentOf(row)).toMatchObject({ amount_captured_minor: '5000', version: 1 });
  });

  it('B17 another body from Paystack is another event about the same payment', async () => {
    const story = new Story();
    const one = story.paystack('charge.success');
    const changed = story.paystack(
      'charge.success',
      (payload) => void Object.assign(payload.data, { fees: 101 }),
    );
    await door.expectStored(one);
    const row = await door.expectStored(changed);
    expect(row).toMatchObject({ status: 'noop', outcome_reason: 'repeated' });
    expect(await door.paymentOf(row)).toMatchObject({
      amount_captured_minor: '500000',
      version: 1,
    });
  });
});

describe('a service without a usable secret', () => {
  const short = 'tiny';
  it.each([
    ['empty', ''],
    ['white space', '   '],
    ['short', short],
    ['a list with an empty entry', `${TEST_SECRETS.stripe},`],
    ['a list with a short entry', `${TEST_SECRETS.stripe},${short}`],
  ])('B13 does not start: %s (CVE-2026-1461)', async (_what, value) => {
    const variables = ['STRIPE_WEBHOOK_SECRETS', 'PAYSTACK_SECRET_KEYS_ACME'];
    const refused = variables.map(async (variable) => {
      const logs = await expectNoStart({ [variable]: value });
      expect(logs).toContain(variable);
      expect(logs).not.toContain(TEST_SECRETS.stripe);
      expect(logs).not.toMatch(/\btiny\b/);
    });
    await Promise.all(refused);
  });

  it.each(['test', 'production'])('B13 does not start without any, as %s', async (mode) => {
    const logs = await expectNoStart({
      NODE_ENV: mode,
      STRIPE_WEBHOOK_SECRETS: undefined,
      PAYSTACK_SECRET_KEYS: undefined,
    });
    expect(logs).toContain('no provider has a secret');
    expect(logs).toContain('STRIPE_WEBHOOK_SECRETS');
  });
});

it('does not start in production on a database that forgets what it acknowledged (fsyncgate)', async () => {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  // fsync itself can only be set for a whole server.
  await database.query(`alter database ${name} set synchronous_commit = off`);
  const given = { NODE_ENV: 'production', DATABASE_URL: database.url };
  expect(await expectNoStart(given)).toContain('synchronous_commit is off');
  await database.drop();
});

/** Starts a service, which must end by itself; what it said. */
async function expectNoStart(given: Readonly<Record<string, string | undefined>>): Promise<string> {
  const environment = serviceEnvironment({ databaseUrl: door.database.url });
  const refused = await spawnService({ env: { ...environment, ...given }, readyPath: null });
  expect(await refused.exited).toBe(1);
  return refused.logs();
}
