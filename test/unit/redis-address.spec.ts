import { describe, expect, it } from '@jest/globals';
import { describeRedisAddress, readRedisAddress } from '../../src/redis-address.js';

const NO_LOGIN = { username: undefined, password: undefined, isTls: false };

describe('readRedisAddress', () => {
  it.each(['redis://cache:6379', 'rediss://me:secret@cache/1'])('takes %s as it is', (url) => {
    expect(readRedisAddress(url)).toEqual({ kind: 'single', url });
  });

  it('reads the nodes of a cluster', () => {
    expect(readRedisAddress('redis-cluster://a:7000,b,[::1]:7002')).toEqual({
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 7002 },
      ],
      ...NO_LOGIN,
    });
  });

  it('reads user, password and TLS', () => {
    expect(readRedisAddress('rediss-cluster://me:p%40ss:word@a:7000')).toMatchObject({
      username: 'me',
      password: 'p@ss:word',
      isTls: true,
    });
    expect(readRedisAddress('redis-cluster://:secret@a')).toMatchObject({
      username: undefined,
      password: 'secret',
    });
  });

  it('reads Sentinels, the name of their master, its database and their own password', () => {
    expect(
      readRedisAddress(
        'redis-sentinel://:secret@a,b:26380/mymaster/2?sentinelUsername=s&sentinelPassword=p%26q',
      ),
    ).toEqual({
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_380 },
      ],
      master: 'mymaster',
      database: 2,
      ...NO_LOGIN,
      password: 'secret',
      sentinelUsername: 's',
      sentinelPassword: 'p&q',
    });
  });

  it.each([
    ['localhost:6379', 'redis://host:6379'],
    ['http://me:qx7@localhost', 'redis://host:6379'],
    ['redis://a:1,b:2', 'redis://host:6379'],
    ['redis-cluster://', 'host:port'],
    ['redis-cluster://a:7000,', 'host:port'],
    ['redis-cluster://a:0', 'host:port'],
    ['redis-cluster://a:70000', 'host:port'],
    ['redis-cluster://a:7000/1', 'no numbered databases'],
    ['redis-cluster://a?db=1', 'parameter'],
    ['redis-cluster://me:qx7%@a', '%25'],
    ['redis-sentinel://a:26379', 'name the master'],
    ['redis-sentinel://a/mymaster/x', 'number of a database'],
    ['redis-sentinel://a/mymaster/1/2', 'name the master'],
    ['redis-sentinel://a/mymaster?password=qx7', 'sentinelPassword'],
  ])('refuses %s', (url, reason) => {
    const read = () => readRedisAddress(url);
    expect(read).toThrow(reason);
    expect(read).not.toThrow('qx7');
  });
});

describe('describeRedisAddress', () => {
  it.each([
    ['rediss://me:qx7@cache:6380/1?password=qx7', 'rediss://cache:6380/1'],
    ['rediss-cluster://me:qx7@a:7000,[::1]', 'rediss-cluster://a:7000,[::1]:6379'],
    [
      'redis-sentinel://:qx7@a,b/mymaster?sentinelPassword=qx7',
      'redis-sentinel://a:26379,b:26379/mymaster/0',
    ],
  ])('tells of %s no more than %s', (url, described) => {
    expect(describeRedisAddress(url)).toBe(described);
  });
});
