import fc from 'fast-check';
import type { RequestParts } from './hostile-heads.js';

/** What is written onto a connection, and what then becomes of it. */
export interface Framed {
  /** Written one after the other, each in a turn of its own. */
  readonly pieces: readonly Buffer[];
  /**
   * `answer`: it stays open until there is one. `half-close`: we say that nothing more comes.
   * `reset`: we are gone, whatever would be answered.
   */
  readonly finish: 'answer' | 'half-close' | 'reset';
}

/** A way to put a request onto a connection. */
export interface Framing {
  readonly what: string;
  readonly frame: (parts: RequestParts) => Framed;
}

const CRLF = '\r\n';

/** As every client does it. */
export const PLAIN: Framing = { what: 'plain', frame: (parts) => answered(plain(parts)) };

/** Sound all the same: in pieces, or in chunks. */
export const soundFraming: fc.Arbitrary<Framing> = fc.oneof(
  fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 6 }).map((places) => ({
    what: 'in pieces',
    frame: (parts: RequestParts) => ({ ...answered(), pieces: split(plain(parts), places) }),
  })),
  fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }).map((sizes) => ({
    what: 'in chunks',
    frame: (parts: RequestParts) => answered(inChunks(parts, sizes, '', CRLF)),
  })),
);

/** Written by somebody who gets HTTP wrong, or would like us to. */
export const brokenFraming: fc.Arbitrary<Framing> = fc.oneof(
  ...Object.entries<(parts: RequestParts, n: number) => Framed>({
    'content length': (parts, n) => answered(withLengths(parts, [oddLength(parts, n)])),
    'two lengths': (parts, n) =>
      answered(withLengths(parts, [String(parts.body.length), oddLength(parts, n)])),
    'two lengths that agree': (parts) =>
      answered(withLengths(parts, [String(parts.body.length), String(parts.body.length)])),
    'no length': (parts) => answered(withLengths(parts, [])),
    'a length and chunks': (parts, n) =>
      answered(inChunks(withMore(parts, [['content-length', String(n % 50)]]), [99], '', CRLF)),
    'an odd transfer encoding': (parts, n) => {
      const plainHead = { ...parts, headers: withoutFraming(parts) };
      const odd = pick(ENCODINGS, n);
      return answered(join(withMore(plainHead, [['transfer-encoding', odd]]), chunks(parts, [50])));
    },
    'an odd size of a chunk': (parts, n) => answered(withChunk(parts, pick(CHUNK_HEADS, n))),
    'a chunk extension': (parts, n) => answered(inChunks(parts, [70], pick(EXTENSIONS, n), CRLF)),
    trailers: (parts, n) => answered(inChunks(parts, [500], '', pick(TRAILERS, n))),
    'bare line feeds': (parts) => {
      const text = headText(parts).replaceAll(CRLF, '\n');
      return answered([Buffer.from(text, 'latin1'), parts.body]);
    },
    'a line of the head': (parts, n) => {
      const [first = '', ...rest] = headText(parts).split(CRLF);
      const text = [first, pick(HEAD_LINES, n), ...rest].join(CRLF);
      return answered([Buffer.from(text, 'latin1'), parts.body]);
    },
    'a request line': (parts, n) => {
      const line = pick(REQUEST_LINES, n).replace('POST /', parts.line.replace(/ HTTP.*/, ''));
      return answered(join({ ...parts, line }, parts.body));
    },
    'something before it': (parts, n) =>
      answered([Buffer.from(pick(PREFACES, n), 'latin1'), plain(parts)]),
    'something behind it': (parts, n) =>
      answered([plain(parts), Buffer.from(pick(PREFACES, n), 'latin1')]),
    'another request behind it': (parts) => answered([plain(parts), plain(parts)]),
    'a request within its body': (parts) => {
      const inner = plain(parts);
      const outer = { ...parts, body: inner, headers: withoutFraming(parts) };
      return answered(withLengths(outer, ['0']));
    },
  }).map(([what, frame]) =>
    fc.nat({ max: 1000 }).map((n) => ({ what, frame: (parts: RequestParts) => frame(parts, n) })),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => ({
    what: 'random bytes',
    frame: () => ({ pieces: [Buffer.from(bytes)], finish: 'half-close' as const }),
  })),
  fc
    .tuple(fc.nat({ max: 1_000_000 }), fc.constantFrom('half-close', 'reset'))
    .map(([at, finish]): Framing => ({
      what: `${finish} before the end`,
      frame: (parts) => {
        const whole = plain(parts);
        return { pieces: [whole.subarray(0, at % whole.length)], finish };
      },
    })),
  fc.constant<Framing>({
    what: 'gone before the answer',
    frame: (parts) => ({ pieces: [plain(parts)], finish: 'reset' }),
  }),
  fc
    .tuple(fc.nat({ max: 1_000_000 }), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]): Framing => ({
      what: 'one byte of the head',
      frame: (parts) => {
        const text = Buffer.from(headText(parts), 'latin1');
        text[at % text.length] = byte;
        return answered([text, parts.body]);
      },
    })),
);

const ENCODINGS = [
  ...[
    'xchunked',
    'chunked, identity',
    'identity, chunked',
    'identity',
    'gzip, chunked',
    'chunked,',
  ],
  ...['CHUNKED', '"chunked"', 'chunked\u000b', ' chunked', 'chunked;q=1', '', 'chunked, chunked'],
];
const CHUNK_HEADS = [
  ...[
    'zz',
    '-1',
    '+5',
    '0x5',
    ' 5',
    '5 ',
    '',
    '5\t',
    '00000005',
    '5;',
    '5 ;a',
    '5;a=b',
    'é',
    '5,5',
  ],
  ...['ffffffffffffffff', '10000000000000000', '7fffffffffffffff', '5\n', '5\r', '5\u0000'],
];
const EXTENSIONS = [
  ...[
    ';a',
    ';a=b',
    ';a="b;c"',
    ';',
    ';=',
    ';a=\u0001',
    ';a\n',
    ' ;a=b',
    ';a="',
    `;a=${'x'.repeat(9000)}`,
  ],
  `;a=${'x'.repeat(20_000)}`,
];
const TRAILERS = [
  ...[
    'x: y\r\n\r\n',
    'content-length: 5\r\n\r\n',
    'stripe-signature: t=1,v1=0\r\n\r\n',
    'x\r\n\r\n',
  ],
  ...['transfer-encoding: chunked\r\n\r\n', ' x: y\r\n\r\n', 'x: y\n\n', '\r', '', 'x : y\r\n\r\n'],
  `x: ${'y'.repeat(20_000)}\r\n\r\n`,
];
const HEAD_LINES = [
  ...[
    ' folded: x',
    '\tx',
    'x',
    ': x',
    'x : y',
    'x\u0000: y',
    'x: \u0000',
    'x: \u0001',
    'x:\ry',
    'x\u00ff: y',
  ],
  ...[
    'x: y\n z: w',
    '(x): y',
    'x: y\r\n\r\nz',
    'Host: other',
    'host:',
    'content-length: 0',
    '\r\r',
    '"x": y',
  ],
  ...[
    'transfer-encoding: chunked',
    'Transfer-Encoding : chunked',
    'Content-Length:\u000b5',
    'x: \u00ff\u00fe',
  ],
];
const REQUEST_LINES = [
  ...['POST / HTTP/1.0', 'POST / HTTP/2.0', 'POST / HTTP/0.9', 'POST / HTTP/1.2', 'POST / HTTP/11'],
  ...[
    'POST / http/1.1',
    'POST /',
    'POST /  HTTP/1.1',
    ' POST / HTTP/1.1',
    'POST / HTTP/1.1 ',
    'POST',
  ],
  ...[
    'POST / RTSP/1.0',
    'POST / ICE/1.0',
    'POST / HTTPS/1.1',
    'CONNECT x:1 HTTP/1.1',
    '\u0000',
    'é / HTTP/1.1',
  ],
];
const PREFACES = [
  ...[
    '\r\n',
    '\n',
    '\r\n\r\n\r\n',
    ' ',
    '\u0000',
    'garbage',
    'GET / HTTP/1.1\r\n',
    'HTTP/1.1 200 OK\r\n\r\n',
  ],
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
    'x'.repeat(20_000),
  ],
  ...[
    'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc',
  ],
];

function pick(list: readonly string[], n: number): string {
  return list[n % list.length] ?? '';
}

function oddLength({ body }: RequestParts, n: number): string {
  const { length } = body;
  const odd = [
    ...[
      `+${length}`,
      `-${length}`,
      `0x${length.toString(16)}`,
      `0${length}`,
      `${length}.0`,
      '',
      'x',
    ],
    ...[`${length} `, `${length}, ${length}`, `${length};`, '1e3', '99999999999999999999', '-0'],
    ...[length - 1, length + 1, 0, 1, length * 2, 104_857_600, 2 ** 53].map(String),
  ];
  return pick(odd, n);
}

/** One request as the bytes that it is. */
export function plain(parts: RequestParts): Buffer {
  return withLengths(parts, [String(parts.body.length)]);
}

function withLengths(parts: RequestParts, lengths: readonly string[]): Buffer {
  const headers = lengths.map((length) => ['content-length', length] as const);
  return join(withMore({ ...parts, headers: withoutFraming(parts) }, headers), parts.body);
}

function inChunks(
  parts: RequestParts,
  sizes: readonly number[],
  extension: string,
  trailers: string,
): Buffer {
  const head = {
    ...parts,
    headers: parts.headers.filter(([name]) => name !== 'transfer-encoding'),
  };
  const chunked = withMore(head, [['transfer-encoding', 'chunked']]);
  return join(chunked, chunks(parts, sizes, extension, trailers));
}

/** The body in chunks whose sizes come round again, and the last chunk. */
function chunks(
  { body }: RequestParts,
  sizes: readonly number[],
  extension = '',
  trailers: string = CRLF,
): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  // A body of a mebibyte in chunks of a byte would be three quarters of a million of them.
  const sizeMin = Math.ceil(body.length / 500);
  for (let n = 0; from < body.length; n += 1) {
    const chunk = body.subarray(from, from + Math.max(sizes[n % sizes.length] ?? 1, sizeMin));
    const size = Buffer.from(`${chunk.length.toString(16)}${extension}${CRLF}`, 'latin1');
    parts.push(size, chunk, Buffer.from(CRLF));
    from += chunk.length;
  }
  parts.push(Buffer.from(`0${extension}${CRLF}${trailers}`, 'latin1'));
  return Buffer.concat(parts);
}

/** A chunk with a head of its own in front of the others. */
function withChunk(parts: RequestParts, size: string): Buffer {
  const head = withMore({ ...parts, headers: withoutFraming(parts) }, [
    ['transfer-encoding', 'chunked'],
  ]);
  const odd = Buffer.from(`${size}${CRLF}abcde${CRLF}`, 'latin1');
  return join(head, Buffer.concat([odd, chunks(parts, [100])]));
}

function join(parts: RequestParts, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(headText(parts), 'latin1'), body]);
}

function headText({ line, headers }: RequestParts): string {
  return [line, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join(CRLF);
}

function withMore(parts: RequestParts, more: RequestParts['headers']): RequestParts {
  return { ...parts, headers: [...parts.headers, ...more] };
}

function withoutFraming({ headers }: RequestParts): RequestParts['headers'] {
  return headers.filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding');
}

function split(whole: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((at) => at % whole.length).sort((a, b) => a - b), whole.length];
  return cuts.slice(1).map((end, n) => whole.subarray(cuts[n], end));
}

function answered(bytes: Buffer | readonly Buffer[] = []): Framed {
  return { pieces: [bytes].flat(), finish: 'answer' };
}
