import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config/config.js';
import { API_KEY_PREFIXES, SECRET_PREFIXES } from '../../src/providers/providers.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { welcome } from '../../src/welcome.js';
import { findLeaks } from '../support/find-leaks.mjs';
import { keepOutput, keptLogger } from '../support/keep-output.js';
import { SECRETS_FILE, searchRunLogs } from '../support/run-logs.mjs';
import { secretsIn } from '../support/secrets.js';

const SECRETS = new Map([
  ['open sesame/+=', 'a word'],
  ['open sesame', 'the beginning of a word'],
]);
const whatIn = (line: string) => findLeaks(line, SECRETS).map(({ what }) => what);

describe('the search of logs', () => {
  it.each([
    ['a secret', '{"msg":"it is open sesame/+="}', 'a word'],
    ['a secret as a part of a URL', 'GET /?key=open%20sesame%2F%2B%3D', 'a word'],
    ['a secret in base64', `Proxy: ${Buffer.from('open sesame/+=').toString('base64')}`, 'a word'],
    ['one secret and not the longer one', '"open sesame/"', 'the beginning of a word'],
    ['an API key', 'key sk_live_51H8abcdef', 'an API key'],
    ['a restricted key', 'key rk_test_51H8abcdef', 'an API key'],
    ['a webhook secret', 'whsec_MfKQ9r8GKYqrTwjUPD8I', 'a webhook secret'],
    ['a client secret', 'pi_3Tg_secret_12345678', 'a client secret'],
    ['credentials', 'authorization: Bearer abcdef0123', 'credentials'],
    ['a password', 'postgres://me:pass-word@localhost/tollgate', 'a password in a URL'],
    ['a password alone', 'redis://:pass-word@localhost', 'a password in a URL'],
    ['a card number', '{"note":"4242424242424242"}', 'a card number'],
    ['a card number as a number', '{"note":5555555555554444}', 'a card number'],
    ['a card number in groups', 'pay with 4242 4242 4242 4242 please', 'a card number'],
    ['a card number with dashes', '4000-0566-5566-5556', 'a card number'],
    ['another card number in groups', '3782 822463 10005', 'a card number'],
    ['a card number of 19 digits', '6011000990139424009', 'a card number'],
    ['an old card number', '4222222222222', 'a card number'],
  ])('finds %s', (_what, line, found) => {
    expect(whatIn(`{"msg":"before"}\n${line}\n{"msg":"after"}`)).toEqual([found]);
  });

  it.each([
    ['a time in milliseconds that would pass for a card', '1772359200005'],
    ['digits that are no card', '4242424242424243'],
    ['digits of an id', 'evt_4242424242424242 order-4242424242424242'],
    ['a fraction', '0.4242424242424242'],
    ['a UUID', '42424242-4242-4242-4242-424242424242'],
    ['a hash', '4242424242424242abcdef4242424242'],
    ['an address without a password', 'postgres://me@localhost/tollgate http://localhost:3000/a@b'],
    ['words', 'client_secret is set; Bearer is what it wants; the open'],
  ])('leaves %s alone', (_what, line) => {
    expect(whatIn(line)).toEqual([]);
  });

  it('says where it was, and not what', () => {
    const line = '{"msg":"we say «a word» to «a card number»"}';
    expect(findLeaks('{"msg":"we say open sesame/+= to 4242424242424242"}', SECRETS)).toEqual([
      { what: 'a word', line },
      { what: 'a card number', line },
    ]);
  });

  it('finds every one of a line', () => {
    expect(whatIn('open sesame and 4242424242424242')).toHaveLength(2);
  });

  it('lets pass what the embedded default prints for a person, and not as an entry', () => {
    const config = readConfig({}, SECRET_PREFIXES, API_KEY_PREFIXES);
    const url = 'postgres://tollgate:0123456789abcdef@127.0.0.1:5432/tollgate';
    const secrets = new Map([
      ['development-secret-of-stripe', 'a development secret'],
      ['development-operator-token', 'a development token'],
      ['0123456789abcdef', 'a password'],
    ]);
    const printed = welcome(config, 'http://127.0.0.1:3000', url);
    for (const secret of secrets.keys()) expect(printed).toContain(secret);
    expect(findLeaks(printed, secrets)).toEqual([]);
    expect(findLeaks(JSON.stringify({ msg: printed }), secrets).length).toBeGreaterThan(2);
  });
});

describe('the secrets of an environment', () => {
  it('are those of every variable that the service takes one from', () => {
    const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const names = [...example.matchAll(/^# ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);
    const secret = names.filter((name) => secretsIn({ [name]: 'a value of it' }).length > 0);
    const prefixes = [...SECRET_PREFIXES.values(), ...API_KEY_PREFIXES.values()];
    const expected = names.filter(
      (name) =>
        prefixes.some((prefix) => name.startsWith(prefix)) ||
        ['API_TOKENS', 'CRM_SECRETS', 'TOLLGATE_TOKEN'].includes(name),
    );
    expect(secret).toEqual(expected);
    expect(expected.length).toBeGreaterThan(5);
  });

  it('are each of a list, tokens without their names, and passwords of URLs', () => {
    const environment = {
      STRIPE_WEBHOOK_SECRETS: 'whsec_newest, whsec_older',
      API_TOKENS: 'me:viewer:my-token,you:operator:sha256=abcdef,they:service:to:ken',
      DATABASE_URL: 'postgres://me:pass%20word@localhost/tollgate',
      ORDER_REFERENCE_KEY: 'order_id',
      PORT: '3000',
      REDIS_URL: undefined,
    };
    expect(secretsIn(environment)).toEqual([
      ['STRIPE_WEBHOOK_SECRETS', 'whsec_newest'],
      ['STRIPE_WEBHOOK_SECRETS', 'whsec_older'],
      ['API_TOKENS', 'my-token'],
      ['API_TOKENS', 'to:ken'],
      ['the password of DATABASE_URL', 'pass word'],
    ]);
  });
});

describe('the logs of a run', () => {
  let folder: string;
  const folderOfThisRun = process.env['TEST_LOG_FOLDER'];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-leaks-'));
    process.env['TEST_LOG_FOLDER'] = folder;
  });

  afterEach(() => {
    if (folderOfThisRun === undefined) delete process.env['TEST_LOG_FOLDER'];
    else process.env['TEST_LOG_FOLDER'] = folderOfThisRun;
    rmSync(folder, { recursive: true, force: true });
  });

  it('are all searched for what was registered, whoever printed it', () => {
    const entry = { what: 'a word', value: 'open sesame' };
    writeFileSync(join(folder, SECRETS_FILE), `${JSON.stringify(entry)}\n`);
    keepOutput('service')('nothing to see\n');
    const keep = keepOutput('service');
    keep('we say open se');
    keep('same\n');
    keptLogger().debug({ word: 'open sesame' }, 'as an entry');
    const { files, lines, secrets, leaks } = searchRunLogs(folder);
    expect({ files, lines, secrets }).toEqual({ files: 3, lines: 3, secrets: 1 });
    expect(leaks.map(({ what }) => what)).toEqual(['a word', 'a word']);
  });

  it('are without a leak when nothing leaks', () => {
    keptLogger().info({ card: '4242424242424242', headers: { a: 'Bearer 0123456789' } }, 'safe');
    expect(searchRunLogs(folder)).toMatchObject({ lines: 1, leaks: [] });
  });

  it('would show what the logger lets through', () => {
    const lines: string[] = [];
    createLogger('info', { write: (line: string) => lines.push(line) }).info('sk_live_0123456789');
    expect(findLeaks(lines.join(''), new Map())).toHaveLength(1);
  });
});
