import { describe, expect, it } from '@jest/globals';
import { examineConfig } from '../../../src/config/examine.js';
import { judgeSkew } from '../../../src/ops/cli/doctor/check-clock.js';
import { checkConfiguration } from '../../../src/ops/cli/doctor/check-configuration.js';
import { judgeFree } from '../../../src/ops/cli/doctor/check-disk.js';
import { judgeRedis } from '../../../src/ops/cli/doctor/check-redis.js';
import { checkSecrets } from '../../../src/ops/cli/doctor/check-secrets.js';
import { checkTokens } from '../../../src/ops/cli/doctor/check-tokens.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../../src/providers/providers.js';

const examine = (environment: Readonly<Record<string, string>>) =>
  examineConfig(environment, SECRET_PREFIXES, API_KEY_PREFIXES);

const SECRET = 'whsec_of_the_first_account_0001';
const OTHER = 'whsec_of_another_account_0002';

describe('the doctor on the configuration', () => {
  it('finds nothing wrong with none', () => {
    expect(checkConfiguration(examine({}))).toMatchObject([{ result: 'ok' }]);
  });

  it('names every problem, and reads the rest all the same', () => {
    const examined = examine({ PORT: 'x', DATABASE_URL: 'mysql://', DATA_DIR: '/data' });
    const found = checkConfiguration(examined);
    expect(found.map(({ result }) => result)).toEqual(found.map(() => 'fail'));
    expect(found.map((one) => one.found).join('\n')).toMatch(/PORT[^]*DATABASE_URL[^]*secret/);
    expect(examined.usable).toMatchObject({ PORT: 3000, DATA_DIR: '/data' });
    expect(examined.usable.DATABASE_URL).toBeUndefined();
  });
});

describe('the doctor on secrets', () => {
  it('minds those of development', () => {
    expect(checkSecrets(examine({}))).toMatchObject([
      { result: 'warn', found: 'development secrets of stripe, paystack' },
    ]);
  });

  it('is content with one for each account, and prints none', () => {
    const [check] = checkSecrets(
      examine({
        STRIPE_WEBHOOK_SECRETS: `${SECRET},${OTHER}`,
        STRIPE_WEBHOOK_SECRETS_ACME: 'x'.repeat(20),
      }),
    );
    expect(check).toMatchObject({
      result: 'ok',
      found: 'stripe/default: 2 active, stripe/acme: 1 active',
    });
  });

  it('minds one that two accounts share, and one that can be guessed', () => {
    const checks = checkSecrets(
      examine({
        STRIPE_WEBHOOK_SECRETS: `${OTHER},${SECRET}`,
        STRIPE_WEBHOOK_SECRETS_ACME: SECRET,
        PAYSTACK_SECRET_KEYS: 'sk_short_1',
      }),
    );
    expect(checks.map(({ result }) => result)).toEqual(['warn', 'warn']);
    expect(checks[0]?.found).toBe('paystack/default has a secret of under 16 characters');
    expect(checks[1]?.found).toBe('stripe/default and stripe/acme share a secret');
    expect(JSON.stringify(checks)).not.toContain(SECRET);
  });
});

describe('the doctor on tokens', () => {
  const PRODUCTION = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://db/tollgate',
    STRIPE_WEBHOOK_SECRETS: SECRET,
  };

  it('minds that of development', () => {
    expect(checkTokens(examine({}))).toMatchObject([
      { result: 'warn', found: 'the development token' },
    ]);
  });

  it('minds plain ones in production, and prints none', () => {
    const token = 'operator-token-of-the-tests';
    const checks = checkTokens(examine({ ...PRODUCTION, API_TOKENS: `me:operator:${token}` }));
    expect(checks).toMatchObject([{ result: 'warn', advice: expect.stringContaining('sha256=') }]);
    expect(JSON.stringify(checks)).not.toContain(token);
  });

  it('is content with digests', () => {
    const API_TOKENS = `me:operator:sha256=${'a'.repeat(64)},you:viewer:sha256=${'b'.repeat(64)}`;
    expect(checkTokens(examine({ ...PRODUCTION, API_TOKENS }))).toMatchObject([
      { result: 'ok', found: 'me (operator), you (viewer)' },
    ]);
  });

  it('minds one that two people have', () => {
    const API_TOKENS = 'me:operator:token-of-both,you:viewer:token-of-both';
    expect(checkTokens(examine({ API_TOKENS }))).toMatchObject([
      { result: 'warn', found: 'you has the token of me' },
    ]);
  });

  it('minds that there is none', () => {
    const environment = { DATABASE_URL: 'postgres://db/tollgate', STRIPE_WEBHOOK_SECRETS: SECRET };
    expect(checkTokens(examine(environment))).toMatchObject([{ result: 'warn', found: 'none' }]);
  });
});

describe('the doctor on clocks', () => {
  it.each([
    [0, 'ok'],
    [-900, 'ok'],
    [1500, 'warn'],
    [-29_000, 'warn'],
    [31_000, 'fail'],
    [-3_600_000, 'fail'],
    [NaN, 'fail'],
  ] as const)('%i ms: %s', (skewMs, result) => {
    expect(judgeSkew(skewMs).result).toBe(result);
  });
});

describe('the doctor on Redis', () => {
  const info = (version: string, policy: string) =>
    `# Server\r\nredis_version:${version}\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n` +
    '# Persistence\r\naof_enabled:0\r\n';

  it.each([
    ['7.2.4', 'noeviction', ['ok', 'ok', 'ok']],
    ['6.0.16', 'noeviction', ['warn', 'ok', 'ok']],
    ['4.0.9', 'noeviction', ['fail', 'ok', 'ok']],
    ['7.2.4', 'allkeys-lru', ['ok', 'fail', 'ok']],
  ])('%s with %s', (version, policy, results) => {
    expect(judgeRedis([info(version, policy)]).map(({ result }) => result)).toEqual(results);
  });

  it('knows Valkey by its own version', () => {
    const text = `${info('7.2.4', 'noeviction')}valkey_version:8.1.1\r\n`;
    expect(judgeRedis([text])[0]?.found).toBe('Valkey 8.1.1');
  });
});

describe('the doctor on the disk', () => {
  it.each([
    [5000, 'ok'],
    [500, 'warn'],
    [50, 'fail'],
  ] as const)('%i MB: %s', (free, result) => {
    expect(judgeFree('.data', free).result).toBe(result);
  });
});
