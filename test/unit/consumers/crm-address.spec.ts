import type { LookupAddress } from 'node:dns';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import fc from 'fast-check';
import {
  AddressRefusedError,
  createConnector,
  type Resolve,
} from '../../../src/consumers/crm/connector.js';
import { isPublicAddress } from '../../../src/consumers/crm/public-address.js';
import { readReceiverUrl } from '../../../src/consumers/crm/receiver-url.js';

const GUARDED = { allowPrivate: false };

describe('a public address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.63.0.1', '100.128.0.1'])(
    'is one of IPv4: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each(['2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001:81b::200e'])(
    'is one of IPv6: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ['this machine', ['127.0.0.1', '127.255.255.254', '::1']],
    ['no address yet', ['0.0.0.0', '0.1.2.3', '::']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1']],
    ['unique local', ['fc00::1', 'fd00:ec2::254', 'fdff:ffff::1']],
    ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'febf::1', 'fe80::1%eth0']],
    ['site-local', ['fec0::1']],
    ['shared by a carrier', ['100.64.0.1', '100.100.100.200', '100.127.255.255']],
    ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
    ['broadcast', ['255.255.255.255']],
    ['reserved', ['240.0.0.1', '192.0.0.192', '192.88.99.1', '4000::1', 'e000::1']],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1']],
    ['benchmarks', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
    ['IPv4 that is mapped', ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:8.8.8.8']],
    ['IPv4 that is translated', ['::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1']],
    ['IPv4 that is compatible', ['::127.0.0.1', '::7f00:1']],
    ['6to4', ['2002:7f00:1::', '2002:a9fe:a9fe::1']],
    ['Teredo', ['2001::1', '2001:0:53aa:64c:0:7f01:80ff:fffe']],
    ['discarded', ['100::1']],
    ['the metadata of a cloud', ['168.63.129.16', '169.254.169.254', '192.0.0.192']],
    ['no usual spelling', ['', 'localhost', '2130706433', '0177.0.0.1', '0x7f.1', '127.1', '8.8']],
  ])('is not: %s', (_class, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });

  it('is none that embeds an IPv4 address in a known way', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(octet, octet, octet, octet, (a, b, c, d) => {
        const hex = Buffer.from([a, b, c, d])
          .toString('hex')
          .replace(/^(.{4})/, '$1:');
        const embedded = [`::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`, `::${hex}`];
        expect(embedded.filter(isPublicAddress)).toEqual([]);
      }),
    );
  });
});

describe('the URL of the receiver', () => {
  it('is taken with a name or with a public address', () => {
    expect(readReceiverUrl('https://crm.example.com/hook?a=b', GUARDED).host).toBe(
      'crm.example.com',
    );
    expect(readReceiverUrl('https://8.8.8.8:8443/', GUARDED).host).toBe('8.8.8.8:8443');
    expect(readReceiverUrl('https://[2606:4700::1111]/', GUARDED).port).toBe('');
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://127.1/',
    'https://0/',
    'https://１２７.0.0.1/',
    'https://127.0.0.1./',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
  ])('is refused where its address is not public: %s', (text) => {
    expect(() => readReceiverUrl(text, GUARDED)).toThrow(/it is not a public address/);
    expect(readReceiverUrl(text, { allowPrivate: true })).toBeInstanceOf(URL);
  });

  it('needs TLS, unless private receivers are allowed', () => {
    expect(() => readReceiverUrl('http://crm.example.com/', GUARDED)).toThrow(/https:\/\//);
    expect(readReceiverUrl('http://localhost:9/', { allowPrivate: true }).port).toBe('9');
  });

  it.each([
    ['ftp://crm.example.com/token', /must begin with https/],
    ['file:///etc/token', /must begin with https/],
    ['https://token@crm.example.com/', /must not have a user name or a password/],
    ['https://:token@crm.example.com/', /must not have a user name or a password/],
    ['crm.example.com/token', /cannot be read/],
    ['https://[fe80::1%25eth0]/token', /cannot be read/],
    ['', /cannot be read/],
  ])('is refused in any case, and not repeated: %s', (text, message) => {
    const refuse = (): unknown => readReceiverUrl(text, { allowPrivate: true });
    expect(refuse).toThrow(message);
    expect(refuse).not.toThrow(/token/);
  });
});

describe('a connection', () => {
  it.each(['http:', 'https:'])(
    'by %s is made to the address that was checked',
    async (protocol) => {
      const asked: string[] = [];
      const answers = [['8.8.8.8'], ['127.0.0.1']];
      const resolve: Resolve = (hostname) => {
        asked.push(hostname);
        return Promise.resolve((answers.shift() ?? []).map(addressOf));
      };
      // From the address of this machine nothing can reach another, so nothing is sent.
      const first = await connectTo('rebound.example', { protocol, resolve, from: '127.0.0.1' });
      expect(first).toMatchObject({ address: '8.8.8.8' });
      const second = await connectTo('rebound.example', { protocol, resolve });
      expect(second).toBeInstanceOf(AddressRefusedError);
      expect(asked).toEqual(['rebound.example', 'rebound.example']);
    },
  );

  it('is not made when one address of several is not public', async () => {
    const resolve: Resolve = () => Promise.resolve(['8.8.8.8', '10.0.0.1'].map(addressOf));
    expect(await connectTo('mixed.example', { resolve })).toBeInstanceOf(AddressRefusedError);
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::'])(
    'is not made to an address that needs no lookup: %s',
    async (address) => {
      const resolve: Resolve = () => Promise.reject(new Error('was asked'));
      const error = await connectTo(address, { resolve });
      expect(error).toBeInstanceOf(AddressRefusedError);
    },
  );

  it('is not made to a name without an address', async () => {
    const error = await connectTo('nowhere.example', { resolve: () => Promise.resolve([]) });
    expect(error).toMatchObject({ message: 'the host has no address' });
  });

  it('is not made to this machine by its name', async () => {
    const { lookup } = await import('node:dns/promises');
    const error = await connectTo('localhost', { resolve: lookup });
    expect(error).toBeInstanceOf(AddressRefusedError);
  });
});

describe('connections that have ended', () => {
  // Before, each of them was kept until the consumer was closed.
  it('are forgotten', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const { signal } = new AbortController();
    const resolve: Resolve = () => Promise.reject(new Error('was asked'));
    const connect = createConnector({ timeoutMs: 5000, signal, resolve, isAllowed: () => true });
    const target = { hostname: '127.0.0.1', protocol: 'http:', port: String(port) };
    for (let made = 0; made < 5; made += 1) {
      const socket = await new Promise<Socket>((done, fail) => {
        connect(target, (error, connection) => {
          if (connection) done(connection);
          else fail(error);
        });
      });
      socket.on('error', () => undefined).resume();
      if (!socket.closed) await once(socket, 'close');
    }
    await new Promise((done) => server.close(done));
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
  });
});

function addressOf(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 };
}

/** Tries to connect to a port of this machine, and answers with the error. */
async function connectTo(
  hostname: string,
  options: { readonly resolve: Resolve; readonly protocol?: string; readonly from?: string },
): Promise<unknown> {
  const { resolve, protocol = 'http:', from } = options;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { signal } = new AbortController();
  const connect = createConnector({ timeoutMs: 5000, signal, resolve, isAllowed: isPublicAddress });
  const target = { hostname, host: hostname, protocol, port: String(address.port) };
  const error = await new Promise((done) => {
    connect({ ...target, localAddress: from ?? null }, (failure, _socket) => done(failure));
  });
  await new Promise((done) => server.close(done));
  expect(connections).toBe(0);
  return error;
}
