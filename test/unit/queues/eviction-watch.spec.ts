import { describe, expect, it } from '@jest/globals';
import { EvictionWatch } from '../../../src/queues/eviction-watch.js';

/** As Redis answers `INFO memory`. */
const memory = (policy: string) =>
  `# Memory\r\nused_memory:1024\r\nmaxmemory:0\r\nmaxmemory_policy:${policy}\r\nallocator_active:0\r\n`;

describe('EvictionWatch', () => {
  const said: string[] = [];
  const watch = new EvictionWatch(({ message }) => said.push(message));

  it('says nothing of a Redis that keeps what it has, or does not tell', () => {
    for (const info of [memory('noeviction'), '# Memory\r\nused_memory:1024\r\n', '']) {
      watch.look([info]);
    }
    expect(said).toEqual([]);
  });

  it('says once that jobs are thrown away, however often it looks', () => {
    for (let looks = 0; looks < 3; looks += 1) watch.look([memory('allkeys-lru')]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('maxmemory-policy allkeys-lru');
  });

  it('says it again when it was set right in between', () => {
    watch.look([memory('noeviction')]);
    watch.look([memory('allkeys-lru')]);
    expect(said).toHaveLength(2);
  });

  it('says it of a cluster in which one node throws jobs away', () => {
    watch.look([memory('noeviction'), memory('noeviction')]);
    watch.look([memory('noeviction'), memory('volatile-ttl')]);
    expect(said).toHaveLength(3);
    expect(said[2]).toContain('maxmemory-policy volatile-ttl');
  });
});
