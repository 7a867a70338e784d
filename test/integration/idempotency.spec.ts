import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inTransaction } from '../../src/database/transaction.js';
import { claimKey } from '../../src/idempotency/claim.queries.js';
import { execute } from '../../src/idempotency/execute.js';
import { advanceKey } from '../../src/idempotency/key.queries.js';
import { eventually } from '../support/eventually.js';
import {
  createIdempotencyHarness,
  DONE_ONCE,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import { deferred, toyProcess } from '../support/idempotency-process.js';
import { bytesOf, send, toyContext, toyOperation, toyRequest } from '../support/idempotency-toy.js';

describe('requests under an idempotency key', () => {
  let harness: IdempotencyHarness;
  let pool: pg.Pool;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
    pool = new pg.Pool({ connectionString: harness.database.url, max: 1 });
  });

  afterAll(async () => {
    await pool.end();
    await harness.close();
  });

  describe('that are sent again', () => {
    it('are run once by whoever is first of fifty in two processes, and answered alike', async () => {
      const requests = Array.from({ length: 50 }, (_request, index) =>
        send(index % 2 === 0 ? harness.one : harness.other, harness.world, toyRequest('fifty')),
      );
      const executions = await Promise.all(requests);
      expect(new Set(executions.map(bytesOf)).size).toBe(1);
      expect(executions.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
      expect(await harness.trace('fifty')).toEqual(DONE_ONCE);
      expect(await harness.findKey('fifty')).toMatchObject({ status: 'done', attempts: 1 });
    });

    it('get the same bytes from a process that knows nothing of the first', async () => {
      const subject = 'é\u0000\ud800"\\ 1';
      const request = toyRequest('bytes', { body: { subject: 'bytes', note: subject } });
      const first = await harness.send(request);
      const later = await send(harness.other, harness.world, request);
      expect(bytesOf(later)).toBe(bytesOf(first));
      expect(first.response).toMatchObject({
        status: 201,
        headers: { 'content-type': 'application/json; charset=utf-8' },
      });
      expect([first.isReplay, later.isReplay]).toEqual([false, true]);
    });

    it('hold no connection while they wait', async () => {
      const { promise: held, resolve: letGo } = deferred();
      let looks = 0;
      const process = toyProcess(pool, (what, action) => {
        if (what === 'claim-key') looks += 1;
        return action();
      });
      const operation = toyOperation(harness.world, process, { asking: () => held });
      const requests = Array.from({ length: 20 }, () =>
        execute(toyContext(process), operation, toyRequest('one-connection')),
      );
      await eventually(() => expect(looks).toBeGreaterThan(40));
      await pool.query('select 1');
      letGo();
      expect(new Set((await Promise.all(requests)).map(bytesOf)).size).toBe(1);
    });

    it('are refused after a while when nobody finishes', async () => {
      const { promise: held, resolve: letGo } = deferred();
      const running = harness.sendHooked('slow', { asking: () => held });
      await eventually(async () => expect(await harness.findKey('slow')).toBeDefined());
      for (const waitMs of [0, 30]) {
        await expect(harness.send(toyRequest('slow'), { waitMs })).rejects.toMatchObject({
          code: 'request_in_progress',
          status: 409,
        });
      }
      letGo();
      await running;
      expect(await harness.send(toyRequest('slow'), { waitMs: 0 })).toMatchObject({
        isReplay: true,
      });
      expect(await harness.trace('slow')).toEqual(DONE_ONCE);
    });

    it('keep their key while a call takes longer than a lease', async () => {
      const process = toyProcess(harness.impatientPool);
      const leaseEnd = async () => {
        const [row] = await harness.database.query<{ until: Date }>(
          `select locked_until as until from idempotency_keys where key = 'lease'`,
        );
        return row?.until.getTime() ?? 0;
      };
      const asking = async () => {
        const firstEnd = await leaseEnd();
        await eventually(async () => expect(await leaseEnd()).toBeGreaterThan(firstEnd));
      };
      const operation = toyOperation(harness.world, process, { asking });
      const context = toyContext(process, { leaseSeconds: 1 });
      await expect(execute(context, operation, toyRequest('lease'))).resolves.toMatchObject({
        isReplay: false,
      });
    });

    it('lose their key to somebody else when a call never ends', async () => {
      const renewals: string[] = [];
      const { promise: stuck, resolve: letGo } = deferred();
      const process = toyProcess(harness.impatientPool, (what, action) => {
        if (what === 'renew-lease') renewals.push(what);
        return action();
      });
      const asking = () => {
        renewals.length = 0;
        return stuck;
      };
      const operation = toyOperation(harness.world, process, { asking });
      const context = toyContext(process, { leaseSeconds: 0.03 });
      const running = execute(context, operation, toyRequest('stuck'));
      await eventually(() => expect(renewals).toHaveLength(60));
      const bytes = bytesOf(await harness.send(toyRequest('stuck')));
      letGo();
      expect(bytesOf(await running)).toBe(bytes);
      expect(renewals).toHaveLength(60);
      expect(await harness.trace('stuck')).toEqual(DONE_ONCE);
    });
  });

  describe('that are others', () => {
    it('are refused with another body, whether the first one is finished or not', async () => {
      const other = toyRequest('reused', { body: { subject: 'reused', amountMinor: 2 } });
      let whileRunning: unknown;
      await harness.sendHooked('reused', {
        asking: async () => {
          whileRunning = await harness.send(other).catch((error: unknown) => error);
        },
      });
      expect(whileRunning).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
      await expect(harness.send(other)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
      expect(await harness.trace('reused')).toEqual(DONE_ONCE);
    });

    it('are independent under the key of another caller or operation', async () => {
      const request = toyRequest('scoped');
      const ofOther = toyRequest('scoped', { caller: 'other', body: { subject: 'scoped too' } });
      const operation = toyOperation(harness.world, harness.one, {}, 'charge_again');
      const executions = [
        await harness.send(request),
        await harness.send(ofOther),
        await execute(toyContext(harness.one), operation, {
          ...request,
          body: { subject: 'scoped as well' },
        }),
      ];
      expect(executions.map(({ isReplay }) => isReplay)).toEqual([false, false, false]);
      for (const subject of ['scoped', 'scoped too', 'scoped as well']) {
        expect(await harness.trace(subject)).toEqual(DONE_ONCE);
      }
    });
  });

  it('have a lease that counts from the end of a phase, not from its beginning', async () => {
    const held = {
      ...{ caller: 'shop', operation: 'charge', key: 'clock', request: '{}', attempts: 1 },
      ...{ owner: randomUUID(), recoveryPoint: 'started', state: {} },
    };
    const fingerprint = Buffer.alloc(32);
    const claim = { ...held, fingerprint, leaseSeconds: 600, ttlSeconds: 3600 };
    await expect(claimKey(pool, claim)).resolves.toBe('claimed');
    const isLater = await inTransaction(pool, async (tx) => {
      await advanceKey(tx, held, 'next', {}, 600);
      const { rows } = await tx.query<{ is_later: boolean }>(
        `select locked_until > now() + interval '600 seconds' as is_later
         from idempotency_keys where key = 'clock'`,
      );
      return rows[0]?.is_later;
    });
    expect(isLater).toBe(true);
  });
});
