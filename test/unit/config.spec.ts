import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, readConfig, summarizeConfig, type Config } from '../../src/config/config.js';
import { environmentSchema } from '../../src/config/environment.js';
import { digestToken, type ApiRole } from '../../src/config/tokens.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A production environment with which nothing is wrong. */
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://db.internal/tollgate',
  STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef',
  API_TOKENS: 'dashboard:viewer:0123456789abcdef',
} as const;

describe('readConfig', () => {
  it('needs no configuration at all', () => {
    expect(read({})).toMatchObject({
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: 3000,
      ROLES: ['api', 'worker'],
      DATA_DIR: '.data',
      QUEUE_PREFIX: 'tollgate_queues',
      ORDER_REFERENCE_KEY: 'order_id',
      embedded: true,
      usesDevelopmentSecrets: true,
    });
    expect(read({})).not.toHaveProperty('DATABASE_URL');
    expect(read({})).not.toHaveProperty('REDIS_URL');
  });

  it('takes every setting from the environment', () => {
    const config = read({
      ...PRODUCTION,
      HOST: '0.0.0.0',
      PORT: '8080',
      ROLES: ' worker , api',
      REDIS_URL: 'rediss://cache.internal:6379/1',
      ATTEMPTS_MAX: '3',
      BACKOFF_FACTOR: '1.5',
    });
    expect(config).toMatchObject({
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: 8080,
      ROLES: ['worker', 'api'],
      DATABASE_URL: PRODUCTION.DATABASE_URL,
      REDIS_URL: 'rediss://cache.internal:6379/1',
      ATTEMPTS_MAX: 3,
      BACKOFF_FACTOR: 1.5,
      embedded: false,
      usesDevelopmentSecrets: false,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(read({ PORT: '', DATABASE_URL: '', ROLES: '', API_TOKENS: '' })).toEqual(read({}));
  });

  it('gives a process that is only a worker any free port, unless one is named', () => {
    expect(read({ ROLES: 'worker' }).PORT).toBe(0);
    expect(read({ ROLES: 'worker', PORT: '9100' }).PORT).toBe(9100);
    expect(read({ ROLES: 'api' }).PORT).toBe(3000);
  });

  it('is frozen', () => {
    const config = read({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(() => Object.assign(config, { PORT: 1 })).toThrow(TypeError);
  });
});

describe('readConfig: secrets', () => {
  it('reads a list, newest first', () => {
    const config = read({ STRIPE_WEBHOOK_SECRETS: 'whsec_newest, whsec_older ,whsec_oldest' });
    expect(secretsOf(config, 'stripe')).toEqual({
      default: ['whsec_newest', 'whsec_older', 'whsec_oldest'],
    });
  });

  it('reads the accounts from the names of the variables', () => {
    const config = read({
      STRIPE_WEBHOOK_SECRETS: 'whsec_of_default',
      STRIPE_WEBHOOK_SECRETS_ACME: 'whsec_of_acme_new,whsec_of_acme_old',
      STRIPE_WEBHOOK_SECRETS_ACME_EU: 'whsec_of_acme_eu',
      PAYSTACK_SECRET_KEYS_ACME: 'sk_of_acme',
    });
    expect(secretsOf(config, 'stripe')).toEqual({
      default: ['whsec_of_default'],
      acme: ['whsec_of_acme_new', 'whsec_of_acme_old'],
      acme_eu: ['whsec_of_acme_eu'],
    });
    expect(secretsOf(config, 'paystack')).toEqual({ acme: ['sk_of_acme'] });
  });

  it('switches a provider without secrets off as soon as another one has some', () => {
    const config = read({ PAYSTACK_SECRET_KEYS: 'sk_test_0123' });
    expect(config.usesDevelopmentSecrets).toBe(false);
    expect([...config.providerSecrets.keys()]).toEqual(['paystack']);
  });

  it('does not take a variable for an account that only begins alike', () => {
    const config = read({
      STRIPE_WEBHOOK_SECRETS: 'whsec_of_default',
      STRIPE_WEBHOOK_SECRETSACME: 'whsec_of_nobody',
    });
    expect(secretsOf(config, 'stripe')).toEqual({ default: ['whsec_of_default'] });
  });

  it.each([
    ['empty', ''],
    ['white space', '   '],
    ['empty between two others', 'whsec_newest,,whsec_older'],
    ['empty at the end', 'whsec_newest,'],
  ])('refuses a secret that is %s, since anybody could sign with it', (_what, secrets) => {
    expect(problemsOf({ STRIPE_WEBHOOK_SECRETS: secrets })).toEqual([
      'STRIPE_WEBHOOK_SECRETS: has an empty secret; anybody could sign with it',
    ]);
  });

  it('refuses a secret of under 8 characters, in production of under 16', () => {
    const withSecret = (secret: string) => ({ STRIPE_WEBHOOK_SECRETS: secret });
    expect(problemsOf(withSecret('x'.repeat(7)))).toEqual([
      'STRIPE_WEBHOOK_SECRETS: has a secret of under 8 characters',
    ]);
    expect(problemsOf(withSecret('x'.repeat(8)))).toEqual([]);
    expect(problemsOf({ ...PRODUCTION, ...withSecret('x'.repeat(15)) })).toEqual([
      'STRIPE_WEBHOOK_SECRETS: has a secret of under 16 characters',
    ]);
    expect(problemsOf({ ...PRODUCTION, ...withSecret('x'.repeat(16)) })).toEqual([]);
  });

  it('refuses a list with one short secret among good ones', () => {
    expect(problemsOf({ STRIPE_WEBHOOK_SECRETS: 'whsec_long_enough,short' })).toHaveLength(1);
  });

  it('refuses more than 8 active secrets', () => {
    const secrets = (count: number) =>
      Array.from({ length: count }, (_, at) => `whsec_number_${at}`).join(',');
    expect(problemsOf({ STRIPE_WEBHOOK_SECRETS: secrets(8) })).toEqual([]);
    expect(problemsOf({ STRIPE_WEBHOOK_SECRETS: secrets(9) })).toEqual([
      'STRIPE_WEBHOOK_SECRETS: at most 8 secrets may be active at once',
    ]);
  });

  it.each(['STRIPE_WEBHOOK_SECRETS_A-B', `STRIPE_WEBHOOK_SECRETS_${'A'.repeat(65)}`])(
    'refuses the account in %s',
    (name) => {
      const problems = problemsOf({ [name]: 'whsec_long_enough' });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`${name}: the account in the name`);
    },
  );

  it.each(['STRIPE_WEBHOOK_SECRETS_', 'STRIPE_WEBHOOK_SECRETS_DEFAULT'])(
    'refuses %s, since the default account has the bare variable',
    (name) => {
      expect(problemsOf({ [name]: 'whsec_long_enough' })).toEqual([
        `${name}: must be STRIPE_WEBHOOK_SECRETS, without anything behind it`,
      ]);
    },
  );

  it('refuses two variables that name one account', () => {
    const names = ['STRIPE_WEBHOOK_SECRETS_ACME', 'STRIPE_WEBHOOK_SECRETS_acme'];
    const problems = problemsOf(
      Object.fromEntries(names.map((name) => [name, 'whsec_long_enough'])),
    );
    expect(problems).toHaveLength(1);
  });

  it('tells a missing token beside a bad variable', () => {
    const problems = problemsOf({ ...PRODUCTION, API_TOKENS: undefined, PORT: 'x' });
    expect(problems).toEqual([
      expect.stringContaining('PORT'),
      expect.stringContaining('API_TOKENS'),
    ]);
  });

  it('refuses a body limit beyond what may wait', () => {
    expect(problemsOf({ BODY_BYTES_MAX: '16777216', ADMISSION_BYTES_MAX: '1048576' })).toEqual([
      expect.stringContaining('ADMISSION_BYTES_MAX'),
    ]);
  });
});

describe('readConfig: development secrets', () => {
  it('has one for each provider, and a token, with the embedded database', () => {
    const config = read({});
    for (const provider of SECRET_PREFIXES.keys()) {
      expect(secretsOf(config, provider)).toEqual({
        default: [`development-secret-of-${provider}`],
      });
    }
    expect(config.API_TOKENS).toEqual([
      tokenOf('development', 'operator', 'development-operator-token'),
    ]);
  });

  it('has none with a database of your own', () => {
    const { DATABASE_URL } = PRODUCTION;
    const problems = problemsOf({ DATABASE_URL });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('no provider has a secret');
    expect(problems[0]).toContain('STRIPE_WEBHOOK_SECRETS or PAYSTACK_SECRET_KEYS');
    const config = read({ DATABASE_URL, STRIPE_WEBHOOK_SECRETS: 'whsec_of_mine' });
    expect(config.API_TOKENS).toEqual([]);
  });

  it('has none in production, with the embedded database either', () => {
    const problems = problemsOf({ NODE_ENV: 'production' });
    expect(problems.join()).toContain('no provider has a secret');
    expect(problems.join()).toContain('API_TOKENS: must be set in production');
  });

  it('never adds the development token to tokens of your own', () => {
    const config = read({ API_TOKENS: 'me:viewer:my-own-token' });
    expect(config.API_TOKENS).toEqual([tokenOf('me', 'viewer', 'my-own-token')]);
  });
});

describe('readConfig: tokens', () => {
  it('reads name, role and token; a token may hold colons', () => {
    const config = read({ API_TOKENS: 'a.b-c_1:viewer:12345678, ops:operator:1:2:3:4:5,' });
    expect(config.API_TOKENS).toEqual([
      tokenOf('a.b-c_1', 'viewer', '12345678'),
      tokenOf('ops', 'operator', '1:2:3:4:5'),
    ]);
  });

  it('takes a digest for a token, and then knows nothing else of it', () => {
    const digest = digestToken('0123456789abcdef');
    const config = read({ API_TOKENS: `me:viewer:sha256=${digest.toString('hex').toUpperCase()}` });
    expect(config.API_TOKENS).toEqual([{ name: 'me', role: 'viewer', digest }]);
  });

  it('keeps no token, only digests', () => {
    const config = read({ API_TOKENS: 'me:viewer:my-own-token' });
    expect(JSON.stringify(config)).not.toContain('my-own-token');
  });

  it.each([
    ['no role and no token', 'dashboard'],
    ['no token', 'dashboard:viewer'],
    ['no name', ':viewer:12345678'],
    ['a name with a space', 'my board:viewer:12345678'],
    ['a role that does not exist', 'dashboard:admin:12345678'],
    ['a short token', 'dashboard:viewer:1234567'],
    ['a digest of 63 digits', `dashboard:viewer:sha256=${'a'.repeat(63)}`],
    ['a digest that is no number', `dashboard:viewer:sha256=${'x'.repeat(64)}`],
  ])('refuses an entry with %s, and tells which one', (_what, entry) => {
    const problems = problemsOf({ API_TOKENS: `good:viewer:12345678,${entry}` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^API_TOKENS: entry 2: /);
  });

  it('refuses short tokens in production, and tells whose', () => {
    const short = 'dashboard:viewer:0123456789abcde';
    expect(problemsOf({ ...PRODUCTION, API_TOKENS: short })).toEqual([
      'API_TOKENS: the token of dashboard needs 16 characters',
    ]);
    expect(problemsOf(PRODUCTION)).toEqual([]);
  });

  it('cannot see in production how long the token of a digest is', () => {
    const API_TOKENS = `dashboard:viewer:sha256=${digestToken('short').toString('hex')}`;
    expect(problemsOf({ ...PRODUCTION, API_TOKENS })).toEqual([]);
  });
});

describe('readConfig: consumers', () => {
  const CRM = { CRM_URL: 'https://crm.example/hooks', CRM_SECRETS: 'whsec_of_the_crm_0001' };
  const { DATABASE_URL, STRIPE_WEBHOOK_SECRETS } = PRODUCTION;

  it('shows what it is for with the embedded database, and tells nobody elsewhere', () => {
    expect(read({}).CONSUMERS).toEqual(['invoices', 'access']);
    expect(read({ DATABASE_URL, STRIPE_WEBHOOK_SECRETS }).CONSUMERS).toEqual([]);
    expect(read({}).OUTSIDE_CONSUMERS).toEqual([]);
  });

  it('runs those that are named, and none if that is what is said', () => {
    expect(read({ ...PRODUCTION, CONSUMERS: 'access, invoices' }).CONSUMERS).toEqual([
      'access',
      'invoices',
    ]);
    expect(read({ CONSUMERS: 'none' }).CONSUMERS).toEqual([]);
    expect(read({ CONSUMERS: 'crm', ...CRM })).toMatchObject({
      CONSUMERS: ['crm'],
      CRM_URL: CRM.CRM_URL,
      CRM_SECRETS: [CRM.CRM_SECRETS],
      CRM_TYPES: ['*'],
      CRM_ALLOW_PRIVATE: false,
    });
  });

  it.each(['emails', 'invoices,emails', 'Invoices', 'invoices access'])(
    'refuses the consumers "%s"',
    (consumers) => {
      const problems = problemsOf({ CONSUMERS: consumers });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^CONSUMERS/);
    },
  );

  it('refuses crm without an address and a secret, and says both at once', () => {
    expect(problemsOf({ CONSUMERS: 'access,crm' })).toEqual([
      'CRM_URL: must be set, since CONSUMERS names crm',
      'CRM_SECRETS: must be set, since CONSUMERS names crm',
    ]);
    expect(problemsOf({ CONSUMERS: 'crm', CRM_URL: CRM.CRM_URL })).toHaveLength(1);
    expect(problemsOf({ CONSUMERS: 'crm', CRM_SECRETS: CRM.CRM_SECRETS })).toHaveLength(1);
    expect(problemsOf({ CONSUMERS: 'crm', ...CRM })).toEqual([]);
  });

  it.each([
    ['ftp://crm.example/hooks', 'CRM_URL'],
    ['https://', 'CRM_URL'],
  ])('refuses the address %s', (url, name) => {
    const problems = problemsOf({ CONSUMERS: 'crm', ...CRM, CRM_URL: url });
    expect(problems.map((one) => one.split(':')[0])).toEqual([name]);
  });

  it('reads services that have a queue of their own, with what they are told', () => {
    const config = read({
      OUTSIDE_CONSUMERS: 'shipping=order.paid|order.cancelled, search , all-2=*,ledgers=payment.*,',
    });
    expect(config.OUTSIDE_CONSUMERS).toEqual([
      { name: 'shipping', types: ['order.paid', 'order.cancelled'] },
      { name: 'search', types: ['*'] },
      { name: 'all-2', types: ['*'] },
      { name: 'ledgers', types: ['payment.*'] },
    ]);
  });

  it('tells everything that is wrong with them at once, and which entry it is', () => {
    const problems = problemsOf({
      OUTSIDE_CONSUMERS:
        'good,Bad=*,2nd=*,a:b=*,twice=*,twice=*,invoices=*,x=order.paid=y,y=order,z=order.paid|,=*',
    });
    expect(problems.map((one) => /^OUTSIDE_CONSUMERS: entry (\d+): ./.exec(one)?.[1])).toEqual([
      '2',
      '3',
      '4',
      '6',
      '7',
      '8',
      '9',
      '10',
      '11',
    ]);
    expect(problems[3]).toContain('twice is there already');
    expect(problems[4]).toContain('invoices is there already');
    expect(problems[6]).toContain('order is no type');
  });

  it('refuses a name that is longer than the column it is kept in', () => {
    const problems = (length: number) => problemsOf({ OUTSIDE_CONSUMERS: 'x'.repeat(length) });
    expect(problems(40)).toEqual([]);
    expect(problems(41)).toHaveLength(1);
  });
});

describe('readConfig: problems', () => {
  it('lists all of them at once', () => {
    const problems = problemsOf({
      NODE_ENV: 'staging',
      PORT: 'http',
      ROLES: 'api,janitor',
      DATABASE_URL: 'mysql://localhost/tollgate',
      REDIS_URL: 'localhost:6379',
      API_TOKENS: 'nobody',
      ATTEMPTS_MAX: '0',
      LOG_LEVEL: 'loud',
      QUEUE_PREFIX: 'a:b',
      STRIPE_WEBHOOK_SECRETS: 'short',
      PAYSTACK_SECRET_KEYS_ACME: '',
    });
    expect(problems.map((one) => one.split(/[.:]/)[0]).sort()).toEqual([
      'API_TOKENS',
      'ATTEMPTS_MAX',
      'DATABASE_URL',
      'LOG_LEVEL',
      'NODE_ENV',
      'PAYSTACK_SECRET_KEYS_ACME',
      'PORT',
      'QUEUE_PREFIX',
      'REDIS_URL',
      'ROLES',
      'STRIPE_WEBHOOK_SECRETS',
    ]);
  });

  it('says them in the message, one a line', () => {
    const error = errorOf({ PORT: '-1', ATTEMPTS_MAX: '1000' });
    expect(error?.message.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}- PORT: /),
      expect.stringMatching(/^ {2}- ATTEMPTS_MAX: /),
    ]);
  });

  it('refuses a way around a pooler where there is none', () => {
    const around = { DATABASE_DIRECT_URL: 'postgres://db.internal/tollgate' };
    expect(problemsOf(around)).toEqual([expect.stringMatching(/^DATABASE_DIRECT_URL: needs/)]);
    expect(problemsOf({ ...PRODUCTION, ...around })).toEqual([]);
  });

  it.each(['api worker', 'API', 'api,', 'none'])('refuses the roles "%s"', (roles) => {
    expect(problemsOf({ ROLES: roles })).not.toEqual([]);
  });

  it.each(['1.5', 'ten', 'Infinity', 'NaN', '-1', '65536'])('refuses the port "%s"', (port) => {
    expect(problemsOf({ PORT: port })).toHaveLength(1);
  });

  it('has an upper limit for every number', () => {
    const numbers = Object.entries(environmentSchema.parse({})).filter(
      ([, value]) => typeof value === 'number',
    );
    for (const [name] of numbers) expect(problemsOf({ [name]: '1e15' })).toHaveLength(1);
  });

  it('never quotes a secret or a token', () => {
    const secret = 'qx7';
    const message = errorOf({
      STRIPE_WEBHOOK_SECRETS: secret,
      API_TOKENS: `me:viewer:${secret},me:nobody:${secret}`,
      DATABASE_URL: `mysql://me:${secret}@localhost/tollgate`,
      REDIS_URL: `http://me:${secret}@localhost`,
    })?.message;
    expect(message).toContain('STRIPE_WEBHOOK_SECRETS');
    expect(message).not.toContain(secret);
  });
});

describe('summarizeConfig', () => {
  it('names what is configured', () => {
    const summary = summarizeConfig(
      read({ ...PRODUCTION, STRIPE_WEBHOOK_SECRETS_ACME: `${'a'.repeat(16)},${'b'.repeat(16)}` }),
    );
    expect(summary).toMatchObject({
      PORT: 3000,
      DATABASE_URL: 'postgres://db.internal/tollgate',
      REDIS_URL: 'none: queues in PostgreSQL',
      API_TOKENS: ['dashboard:viewer'],
      secrets: ['stripe/default: 1 active', 'stripe/acme: 2 active'],
    });
    expect(summarizeConfig(read({}))).toMatchObject({ DATABASE_URL: 'embedded' });
  });

  it('never contains a secret, a token or a password', () => {
    // Nothing else in a summary holds a capital Q, so that none of these appears by chance.
    const secret = fc.stringMatching(/^Q[A-Za-z0-9._~-]{15,40}$/);
    fc.assert(
      fc.property(fc.array(secret, { minLength: 10, maxLength: 10 }), (secrets) => {
        const [newest, older, ofAccount, ofPaystack, token, database, redis] = secrets;
        const [crmNewest, crmOlder, crmPath] = secrets.slice(7);
        const config = read({
          NODE_ENV: 'production',
          STRIPE_WEBHOOK_SECRETS: `${newest},${older}`,
          STRIPE_WEBHOOK_SECRETS_ACME: ofAccount,
          PAYSTACK_SECRET_KEYS: ofPaystack,
          API_TOKENS: `me:service:${token}`,
          DATABASE_URL: `postgres://me:${database}@db.internal:5432/tollgate`,
          REDIS_URL: `rediss://:${redis}@cache.internal:6379`,
          CONSUMERS: 'crm',
          CRM_SECRETS: `${crmNewest},${crmOlder}`,
          CRM_URL: `https://crm.example/hooks/${crmPath}?token=${crmPath}`,
        });
        const summary = JSON.stringify(summarizeConfig(config));
        for (const one of secrets) expect(summary).not.toContain(one);
      }),
    );
  });

  it('never contains a password of one server of several', () => {
    const summary = summarizeConfig(
      read({
        ...PRODUCTION,
        DATABASE_DIRECT_URL: 'postgres://me:qx7qx7@db.internal:5432/tollgate',
        REDIS_URL: 'rediss-sentinel://me:qx7qx7@a,b/mymaster?sentinelPassword=qx7qx7',
      }),
    );
    expect(summary).toMatchObject({
      DATABASE_DIRECT_URL: 'postgres://db.internal:5432/tollgate',
      REDIS_URL: 'rediss-sentinel://a:26379,b:26379/mymaster/0',
    });
    expect(JSON.stringify(summary)).not.toContain('qx7');
  });

  it('never contains the development secrets either', () => {
    expect(JSON.stringify(summarizeConfig(read({})))).not.toMatch(
      /development-(secret|operator-token)/,
    );
  });
});

function tokenOf(name: string, role: ApiRole, token: string) {
  return { name, role, digest: digestToken(token) };
}

function read(environment: Environment): Config {
  return readConfig(environment, SECRET_PREFIXES);
}

function errorOf(environment: Environment): ConfigError | null {
  try {
    read(environment);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** What is wrong with an environment; empty when nothing is. */
function problemsOf(environment: Environment): readonly string[] {
  return errorOf(environment)?.problems ?? [];
}

function secretsOf(config: Config, provider: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(config.providerSecrets.get(provider) ?? []);
}
