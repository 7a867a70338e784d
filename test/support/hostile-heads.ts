import fc from 'fast-check';

/** A request before it becomes bytes; what is not ASCII stands for one byte a character. */
export interface RequestParts {
  /** Method, target and version. */
  readonly line: string;
  /** Names and values as they are written, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** One change of the head of a request; `change` never fails. */
export interface HeadMutation {
  readonly what: string;
  readonly change: (parts: RequestParts) => RequestParts;
}

/** Headers in which providers sign. */
const SIGNATURES = ['stripe-signature', 'x-paystack-signature'];
/** Characters that mean something to somebody who reads a header. */
const GRAMMAR = [
  't=',
  'v1=',
  'v0=',
  ',',
  ';',
  '=',
  ' ',
  '\t',
  '"',
  "'",
  '%2c',
  '0x',
  '-',
  '+',
  'é',
];
const ZEROS = '0'.repeat(64);

/** Changes of a right signature by rule: what a lenient reader takes for right all the same. */
const SIGNATURE_CHANGES: Readonly<Record<string, (right: string, n: number) => string>> = {
  empty: () => '',
  'spaces around it': (right) => ` \t${right}\t `,
  'spaces within': (right) => right.replaceAll(',', ', ').replaceAll('=', ' = '),
  'in quotes': (right) => `"${right}"`,
  'in upper case': (right) => right.toUpperCase(),
  'hexadecimal digits in upper case': (right) =>
    right.replace(/[0-9a-f]{64,}/g, (hex) => hex.toUpperCase()),
  'schemes in upper case': (right) => right.replace('v1=', 'V1=').replace('t=', 'T='),
  'another scheme': (right, n) => right.replace('v1=', ['v0=', 'v2=', 'v01=', 'v1 =', '='][n % 5]!),
  'twice in one header': (right) => `${right},${right}`,
  'the digest first': (right) => right.split(',').reverse().join(','),
  'the time again': (right, n) => `${right},t=${n}`,
  'no time': (right) => right.replace(/^t=\d+,/, ''),
  'another time': (right, n) => right.replace(/t=\d+/, `t=${n}`),
  'a time that is none': (right, n) =>
    right.replace(/t=(\d+)/, (_all, time: string) => `t=${oddTime(time, n)}`),
  'wrong digests before it': (right, n) =>
    right.replace('v1=', `${`v1=${ZEROS},`.repeat(1 + (n % 40))}v1=`),
  'wrong digests behind it': (right, n) => `${right}${`,v1=${ZEROS}`.repeat(1 + (n % 60))}`,
  'other schemes around it': (right, n) => `a=b,${right}${',v9=x'.repeat(n % 50)}`,
  'a comma too many': (right, n) => [`,${right}`, `${right},`, right.replace(',', ',,')][n % 3]!,
  'cut short': (right, n) => right.slice(0, right.length - 1 - (n % right.length)),
  'one digit more': (right) => `${right}0`,
  'one digit changed': (right, n) => changeDigit(right, n),
  'a prefix of hex readers': (right) => right.replace('v1=', 'v1=0x'),
  'in percent signs': (right) => encodeURIComponent(right),
  'as base64': (right) => Buffer.from(right).toString('base64'),
  '5 kB': (right) => right.padEnd(5000, `,v0=${ZEROS}`),
  '17 kB': (right) => right.padEnd(17_000, ','),
};

function oddTime(time: string, n: number): string {
  const odd = [`0${time}`, `+${time}`, `-${time}`, `${time}.0`, `${time}abc`, `${time}000`, '1e9'];
  return odd[n % odd.length]!;
}

/** Another digit at one of the places of the digest: a signature of nobody. */
function changeDigit(right: string, n: number): string {
  const at = right.length - 1 - (n % 64);
  const digit = right[at] === '0' ? '1' : '0';
  return right.slice(0, at) + digit + right.slice(at + 1);
}

const some = fc.nat({ max: 10_000 });

/** Changes of the signature's grammar. */
export const signatureMutation: fc.Arbitrary<HeadMutation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.entries(SIGNATURE_CHANGES)), some)
      .map(([[what, change], n]) => signature(what, (right) => change(right, n))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(some, fc.array(fc.constantFrom(...GRAMMAR), { minLength: 1, maxLength: 4 }))
      .map(([at, parts]) =>
        signature('something inserted', (right) => insert(right, at, parts.join(''))),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', maxLength: 80 })
      .map((text) => signature('any text', () => latin1(text))),
  },
);

/** The header once more, under another name, or not at all. */
const repeatedSignature: fc.Arbitrary<HeadMutation> = fc
  .constantFrom<readonly [string, (name: string, right: string) => RequestParts['headers']]>(
    [
      'header twice',
      (name, right) => [
        [name, right],
        [name, right],
      ],
    ],
    [
      'header twice, the first one wrong',
      (name, right) => [
        [name, 't=1,v1=0'],
        [name, right],
      ],
    ],
    ['header in upper case', (name, right) => [[name.toUpperCase(), right]]],
    ['header with an underscore', (name, right) => [[name.replace('-', '_'), right]]],
    [
      'header of the other provider too',
      (name, right) => [
        [name, right],
        ...SIGNATURES.filter((one) => one !== name).map((one) => [one, right] as const),
      ],
    ],
    ['no header', () => []],
  )
  .map(([what, change]) => ({
    what,
    change: (parts) => ({
      ...parts,
      headers: parts.headers.flatMap(([name, value]) =>
        SIGNATURES.includes(name) ? change(name, value) : [[name, value] as const],
      ),
    }),
  }));

const CONTENT_TYPES = [
  ...['', 'text/plain', 'application/json garbage', 'application/json; charset=utf-16', '*/*'],
  ...['application/json;', 'application/json; charset', 'APPLICATION/JSON', 'application/json\t'],
  ...['application/x-www-form-urlencoded', 'multipart/form-data', 'multipart/form-data; boundary='],
  ...['application/json,text/plain', 'application/json; a="', '/', ';', '\u00ff/\u00fe', 'null'],
  ...['application/vnd.api+json', 'application/octet-stream', 'text/xml; charset=iso-8859-1'],
  `application/${'x'.repeat(9000)}`,
];

/** Headers that a server might act upon, and should not, or not in this way. */
const OTHER_HEADERS: readonly (readonly [string, string])[] = [
  ...['gzip', 'br', 'deflate', 'identity', 'gzip, gzip', 'x', '', 'IDENTITY'].map(
    (value) => ['content-encoding', value] as const,
  ),
  ...['100-continue', '200-ok', '100-Continue, x', '', 'x'.repeat(100)].map(
    (value) => ['expect', value] as const,
  ),
  ...['close', 'keep-alive', 'upgrade', 'close, keep-alive', 'content-length', 'x, '].map(
    (value) => ['connection', value] as const,
  ),
  ...['h2c', 'websocket', 'HTTP/3.0', ''].map((value) => ['upgrade', value] as const),
  ['content-type', 'application/json'],
  ['x-http-method-override', 'DELETE'],
  ['x-forwarded-for', '1.2.3.4, , \u00ff'],
  ['x-original-url', '/v1/events'],
  ['x-rewrite-url', '/metrics'],
  ['forwarded', 'for="[::1]";host=x'],
  ['authorization', 'Bearer \u00ff'],
  ['authorization', 'Basic Og=='],
  ['cookie', `a=${'b'.repeat(4000)}; =; ;;`],
  ['host', 'elsewhere.example'],
  ['origin', 'null'],
  ['range', 'bytes=0-0'],
  ['if-match', '*'],
  ['te', 'trailers, x'],
  ['trailer', 'content-length'],
  ['via', '1.1 x'],
  ['accept', 'a'.repeat(3000)],
  ['accept-encoding', 'gzip;q=1000'],
  ['content-language', 'x'],
  ['content-md5', 'x'],
  ['digest', 'SHA-256=x'],
  ['max-forwards', '-1'],
  ['proxy-connection', 'keep-alive'],
  ['x-request-id', '\u00e9'.repeat(50)],
  ['constructor', 'x'],
  ['__proto__', 'x'],
  ['x-empty', ''],
  ['x-huge', 'x'.repeat(20_000)],
];

const PATHS = [
  ...['/webhooks/stripe/', '//webhooks/stripe', '/webhooks/./stripe', '/webhooks/%73tripe'],
  ...['/webhooks/stripe/acme', '/webhooks/stripe/ACME', '/webhooks/stripe/nobody', '/webhooks/%ff'],
  ...[
    '/webhooks/paystack',
    '/webhooks/nobody',
    '/webhooks/__proto__',
    '/webhooks/stripe?a=b&a[c]=d',
  ],
  ...[
    '/webhooks/stripe%00',
    '/webhooks/stripe%2f..',
    '/webhooks/stripe;a',
    '/webhooks/stripe#a',
    '*',
  ],
  ...[
    '/',
    '/webhooks',
    '/metrics',
    '/health/ready',
    '/console',
    '/docs',
    '/v1/orders',
    '/v1/events',
  ],
  ...[
    '/webhooks/stripe/a/b',
    `/webhooks/${'a'.repeat(9000)}`,
    `/webhooks/stripe?${'a'.repeat(15_000)}`,
  ],
  ...[
    'http://elsewhere/webhooks/stripe',
    '/webhooks/\u00e9',
    '/\u00ff',
    '/%',
    '/%u0041',
    '\\webhooks',
  ],
];
const METHODS = [
  'GET',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'post',
  'BREW',
  '',
];

/** Any change of a head that leaves it a head. */
export const headMutation: fc.Arbitrary<HeadMutation> = fc.oneof(
  { weight: 8, arbitrary: signatureMutation },
  { weight: 2, arbitrary: repeatedSignature },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...CONTENT_TYPES)
      .map((type) => withHeader('content type', 'content-type', type)),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...OTHER_HEADERS)
      .map(([name, value]) => withMore(`header ${name}`, [[name, value]])),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 50, max: 3000 }).map((count) =>
      withMore(
        'many headers',
        Array.from({ length: count }, () => ['a', 'b']),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...PATHS)
      .map((path) => withLine('path', (line) => line.replace(/ \S+ /, ` ${latin1(path)} `))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...METHODS)
      .map((method) => withLine('method', (line) => line.replace(/^\S+/, method))),
  },
);

/** A header in place of that of the same name. */
function withHeader(what: string, name: string, value: string): HeadMutation {
  return {
    what,
    change: (parts) => ({
      ...parts,
      headers: [...parts.headers.filter(([one]) => one !== name), [name, value]],
    }),
  };
}

function withMore(what: string, more: RequestParts['headers']): HeadMutation {
  return { what, change: (parts) => ({ ...parts, headers: [...parts.headers, ...more] }) };
}

function withLine(what: string, change: (line: string) => string): HeadMutation {
  return { what, change: (parts) => ({ ...parts, line: change(parts.line) }) };
}

/** Changes the value of whichever header signs. */
function signature(what: string, change: (right: string) => string): HeadMutation {
  return {
    what: `signature: ${what}`,
    change: (parts) => ({
      ...parts,
      headers: parts.headers.map(([name, value]) =>
        SIGNATURES.includes(name) ? [name, latin1(change(value))] : [name, value],
      ),
    }),
  };
}

function insert(text: string, at: number, part: string): string {
  const from = at % (text.length + 1);
  return text.slice(0, from) + part + text.slice(from);
}

/** The bytes of UTF-8 as a character each; without those that would end a header. */
function latin1(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(/[\r\n\u0000]/g, '');
}
