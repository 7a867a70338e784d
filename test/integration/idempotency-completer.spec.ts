import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { claimAbandoned } from '../../src/idempotency/claim.queries.js';
import { completeOnce, forgetOnce } from '../../src/idempotency/completer.js';
import { execute } from '../../src/idempotency/execute.js';
import type { Pass } from '../../src/loop.js';
import {
  createIdempotencyHarness,
  DONE_ONCE,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import { toyProcess, troubled, type ToyProcess } from '../support/idempotency-process.js';
import {
  bytesOf,
  lapseLeases,
  send,
  toyCompleter,
  toyContext,
  toyOperation,
  toyRequest,
} from '../support/idempotency-toy.js';

/** The call of the second phase, in the order of what a request does. */
const WORLD = 7;

describe('the completer', () => {
  let harness: IdempotencyHarness;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
  });

  afterEach(async () => {
    await harness.database.query('truncate idempotency_keys');
  });

  afterAll(async () => {
    await harness.close();
  });

  const completerOf = (process: ToyProcess, name?: string) =>
    toyCompleter(process, [toyOperation(harness.world, process, {}, name)]);

  /** A request whose process dies after the world was asked. */
  async function abandon(key: string): Promise<void> {
    const { act } = troubled({ at: WORLD, when: 'after', how: 'dies' });
    const process = toyProcess(harness.impatientPool, act);
    await send(process, harness.world, toyRequest(key)).catch(() => undefined);
  }

  it('finishes what was abandoned, eight at a time, and says so', async () => {
    const keys = Array.from({ length: 9 }, (_key, index) => `many-${index}`);
    for (const key of keys) await abandon(key);
    await lapseLeases(harness.database);
    const completer = completerOf(harness.one);
    await expect(completeOnce(completer)).resolves.toBe('more');
    await expect(completeOnce(completer)).resolves.toBe('done');
    expect(completer.reports.sort()).toEqual(keys.map((key) => `${key}: done`));
    for (const key of keys) expect(await harness.trace(key)).toEqual(DONE_ONCE);
    await expect(harness.send(toyRequest('many-0'))).resolves.toMatchObject({ isReplay: true });
  });

  it('shares them with others', async () => {
    const keys = Array.from({ length: 6 }, (_key, index) => `shared-${index}`);
    for (const key of keys) await abandon(key);
    await lapseLeases(harness.database);
    const completers = [completerOf(harness.one), completerOf(harness.other)];
    await Promise.all(completers.map(completeOnce));
    const reports = completers.flatMap((one) => one.reports);
    expect(reports.sort()).toEqual(keys.map((key) => `${key}: done`));
  });

  it('leaves those alone that somebody runs', async () => {
    await abandon('held');
    const completer = completerOf(harness.one);
    await completeOnce(completer);
    expect(completer.reports).toEqual([]);
  });

  it('lets what failed rest before it tries again', async () => {
    harness.world.fail('provider_unavailable');
    await expect(harness.send(toyRequest('resting'))).rejects.toThrow();
    const completer = completerOf(harness.one);
    await makeDue('resting', false);
    await completeOnce(completer);
    expect(completer.reports).toEqual([]);
    await makeDue('resting', true);
    harness.world.fail('provider_unavailable');
    await completeOnce(completer);
    expect(completer.reports).toEqual(['resting: the world says provider_unavailable']);
    await makeDue('resting', true);
    await completeOnce(completer);
    expect(completer.reports.slice(1)).toEqual(['resting: done']);
    expect(await harness.trace('resting')).toEqual(DONE_ONCE);
  });

  it('lets what ends its process rest longer each time', async () => {
    await abandon('deadly');
    const rests: number[] = [];
    for (let time = 1; time <= 3; time += 1) {
      await lapseLeases(harness.database);
      await claimAbandoned(harness.one.pool, ['charge'], randomUUID(), 600, 8);
      const [row] = await harness.database.query<{ leases: number }>(
        `select round(extract(epoch from resume_at - now()) / 600)::int as leases
         from idempotency_keys where key = 'deadly'`,
      );
      rests.push(row?.leases ?? 0);
    }
    expect(rests).toEqual([2, 3, 4]);
  });

  it('leaves an operation that it does not know to those who do', async () => {
    await abandon('newer');
    await lapseLeases(harness.database);
    const before = await harness.findKey('newer');
    await completeOnce(completerOf(harness.one, 'something_else'));
    expect(await harness.findKey('newer')).toEqual(before);
    await completeOnce(completerOf(harness.one));
    expect(await harness.trace('newer')).toEqual(DONE_ONCE);
  });

  it('lets go of a recovery point that only a newer version knows', async () => {
    await abandon('further');
    await lapseLeases(harness.database);
    await harness.database.query(
      `update idempotency_keys set recovery_point = 'new_one' where key = 'further'`,
    );
    const completer = completerOf(harness.one);
    await completeOnce(completer);
    expect(completer.reports).toEqual(['further: charge has no phase new_one']);
    expect(await harness.findKey('further')).toMatchObject({
      status: 'in_progress',
      is_held: false,
    });
  });

  it('forgets a request that fails before it has done anything', async () => {
    const process = toyProcess(
      harness.impatientPool,
      troubled({ at: 1, when: 'after', how: 'dies' }).act,
    );
    await send(process, harness.world, toyRequest('nothing')).catch(() => undefined);
    await lapseLeases(harness.database);
    const failing = toyOperation(harness.world, harness.one, {
      starting: () => Promise.reject(new Error('no room')),
    });
    const completer = toyCompleter(harness.one, [failing]);
    await completeOnce(completer);
    expect(completer.reports).toEqual(['nothing: no room']);
    expect(await harness.findKey('nothing')).toBeUndefined();
  });

  async function makeDue(key: string, isDue: boolean): Promise<void> {
    await harness.database.query(
      `update idempotency_keys set resume_at = now() + make_interval(hours => $2) where key = $1`,
      [key, isDue ? -1 : 1],
    );
  }

  describe('and the clean-up', () => {
    const expire = (key: string) =>
      harness.database.query(
        `update idempotency_keys set expires_at = now() - interval '1 second' where key = $1`,
        [key],
      );
    const countKeys = async () =>
      (
        await harness.database.query<{ count: number }>(
          'select count(*)::int from idempotency_keys',
        )
      )[0]?.count;

    it('forgets what has expired, a thousand at a time, in two processes at once', async () => {
      await harness.send(toyRequest('kept'));
      await harness.database.query(`
        insert into idempotency_keys (caller, operation, key, fingerprint, status, request,
          recovery_point, locked_until, resume_at, response_status, response_headers,
          response_body, finished_at, expires_at)
        select caller, operation, 'old-' || n, fingerprint, status, request, recovery_point,
               locked_until, resume_at, response_status, response_headers, response_body,
               finished_at, now() - interval '1 second'
        from idempotency_keys, generate_series(1, 3500) n`);
      await expect(forgetOnce(harness.one)).resolves.toBe('more');
      expect(await countKeys()).toBe(2501);
      const forgetAll = async (process: ToyProcess) => {
        let pass: Pass = 'more';
        while (pass === 'more') pass = await forgetOnce(process);
      };
      await Promise.all([forgetAll(harness.one), forgetAll(harness.other)]);
      expect(await countKeys()).toBe(1);
    });

    it('makes a late retry a new request', async () => {
      const request = toyRequest('late');
      const first = await harness.send(request);
      await expire('late');
      await forgetOnce(harness.one);
      const late = await harness.send(request);
      expect(late.isReplay).toBe(false);
      expect(bytesOf(late)).not.toBe(bytesOf(first));
    });

    it('is not waited for by a late retry, whatever it asks for', async () => {
      await harness.send(toyRequest('later'));
      await expire('later');
      const other = toyRequest('later', { body: { subject: 'another' } });
      const sent = Array.from({ length: 10 }, () => harness.send(other));
      const executions = await Promise.all(sent);
      expect(executions.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
      expect(await harness.trace('another')).toEqual(DONE_ONCE);
      await expire('later');
      await expect(harness.send(other, { waitMs: 0 })).resolves.toMatchObject({ isReplay: false });
    });

    it('keeps one that is run, though it has expired', async () => {
      const hooked = toyOperation(harness.world, harness.one, {
        asking: async () => {
          await expire('running');
          await forgetOnce(harness.other);
          await expect(
            send(harness.other, harness.world, toyRequest('running'), { waitMs: 0 }),
          ).rejects.toMatchObject({ code: 'request_in_progress' });
        },
      });
      await execute(toyContext(harness.one), hooked, toyRequest('running'));
      expect(await harness.trace('running')).toEqual(DONE_ONCE);
      await forgetOnce(harness.other);
      expect(await countKeys()).toBe(0);
    });

    it('gets what nobody could finish in time, and the completer does not', async () => {
      await abandon('given-up');
      await lapseLeases(harness.database);
      await expire('given-up');
      const completer = completerOf(harness.one);
      await completeOnce(completer);
      expect(completer.reports).toEqual([]);
      await forgetOnce(harness.one);
      expect(await countKeys()).toBe(0);
    });
  });
});
