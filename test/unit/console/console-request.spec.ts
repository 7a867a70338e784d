import { describe, expect, it } from '@jest/globals';
import { refuseOtherSites } from '../../../src/access/same-origin.js';
import { isConsoleRequest, toLocalPath } from '../../../src/console/console-request.js';
import { givenFilters } from '../../../src/console/given-filters.js';

describe('toLocalPath', () => {
  it.each([
    '/console',
    '/console/events',
    '/console/events?status=dead&text=a%20b',
    '/console?minutes=60',
    '/console/orders/order%2F1001',
  ])('goes to %s', (path) => {
    expect(toLocalPath(path)).toBe(path);
  });

  it.each([
    'https://evil.example/console',
    '//evil.example/console',
    '/\\evil.example',
    '/console/../../evil',
    '/console/..//evil.example',
    '/console\\..\\evil',
    '/console/\t/evil',
    '/console\n//evil',
    '/console@evil.example',
    '/consoles',
    '/v1/events',
    '/console/login?next=/console',
    'javascript:alert(1)',
    `/console/${'x'.repeat(1001)}`,
    '',
    undefined,
    null,
    ['/console/events'],
  ])('does not go to %j', (given) => {
    expect(toLocalPath(given)).toBe('/console');
  });

  it('never leaves the console by dots', () => {
    expect(toLocalPath('/console/a/../../v1')).toBe('/console');
    expect(toLocalPath('/console/a/../b')).toBe('/console/b');
  });
});

describe('isConsoleRequest', () => {
  it.each(['/console', '/console?x', '/console/', '/console/events/1'])('takes %s', (url) => {
    expect(isConsoleRequest({ url })).toBe(true);
  });

  it.each(['/', '/consoles', '/v1/console', '/docs?x=/console'])('leaves %s', (url) => {
    expect(isConsoleRequest({ url })).toBe(false);
  });
});

describe('refuseOtherSites', () => {
  const host = 'tollgate.example';
  const ask = (headers: Record<string, string>) => () => refuseOtherSites({ headers });

  it.each([
    { 'sec-fetch-site': 'same-origin', host },
    { 'sec-fetch-site': 'same-origin', origin: 'null', host },
    { origin: 'https://tollgate.example', host },
    { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' },
  ])('lets %j through', (headers) => {
    expect(ask(headers)).not.toThrow();
  });

  it.each([
    { 'sec-fetch-site': 'cross-site', origin: 'https://tollgate.example', host },
    { 'sec-fetch-site': 'same-site', origin: 'https://tollgate.example', host },
    { 'sec-fetch-site': 'none', host },
    { origin: 'https://evil.example', host },
    { origin: 'https://tollgate.example.evil.example', host },
    { origin: 'null', host },
    { host },
    {},
  ] as Record<string, string>[])('refuses %j', (headers) => {
    expect(ask(headers)).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});

describe('givenFilters', () => {
  it('drops what was left empty', () => {
    expect(givenFilters({ status: 'dead', text: ' ', type: ' a ', many: ['x'] })).toEqual({
      status: 'dead',
      type: 'a',
    });
    expect(givenFilters(null)).toEqual({});
  });
});
