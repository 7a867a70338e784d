import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { completeOnce } from '../../src/idempotency/completer.js';
import { eventually } from '../support/eventually.js';
import {
  createIdempotencyHarness,
  DONE_ONCE,
  type IdempotencyHarness,
} from '../support/idempotency-harness.js';
import {
  deferred,
  Freezer,
  toyProcess,
  troubled,
  type Trouble,
} from '../support/idempotency-process.js';
import {
  bytesOf,
  lapseLeases,
  send,
  toyCompleter,
  toyOperation,
  toyRequest,
} from '../support/idempotency-toy.js';

/** Everything that a request makes its process do, in order. */
const ACTS = [
  'claim-key',
  'connect',
  'begin',
  'write-charge',
  'advance-key',
  'commit',
  'world',
  'connect',
  'begin',
  'write-receipt',
  'advance-key',
  'commit',
  'connect',
  'begin',
  'write-message',
  'finish-key',
  'commit',
].map((name, index) => ({ name, at: index + 1 }));

describe('a request whose process meets trouble', () => {
  let harness: IdempotencyHarness;

  beforeAll(async () => {
    harness = await createIdempotencyHarness();
  });

  afterAll(async () => {
    await harness.close();
  });

  /** Sends a request through a process that meets a trouble; null when it got no answer. */
  async function sendInto(trouble: Trouble, key: string): Promise<string | null> {
    const process = toyProcess(harness.impatientPool, troubled(trouble).act);
    return send(process, harness.world, toyRequest(key)).then(bytesOf, () => null);
  }

  async function complete(): Promise<void> {
    const { other, world } = harness;
    await completeOnce(toyCompleter(other, [toyOperation(world, other)]));
  }

  it('has these places to meet it', async () => {
    const { act, acts } = troubled({ at: Infinity, when: 'before', how: 'fails' });
    await send(toyProcess(harness.impatientPool, act), harness.world, toyRequest('healthy'));
    expect(acts).toEqual(ACTS.map(({ name }) => name));
  });

  describe.each(['before', 'after'] as const)('%s', (when) => {
    it.each(ACTS)('act $at, $name, where it dies: a retry finishes it', async ({ name, at }) => {
      const key = `retry-${when}-${at}-${name}`;
      await expect(sendInto({ at, when, how: 'dies' }, key)).resolves.toBeNull();
      await lapseLeases(harness.database);
      const bytes = bytesOf(await harness.send(toyRequest(key)));
      await expectDone(key, bytes);
    });

    it.each(ACTS)('act $at, $name, where it dies: a completer does', async ({ name, at }) => {
      const key = `completer-${when}-${at}-${name}`;
      await sendInto({ at, when, how: 'dies' }, key);
      await lapseLeases(harness.database);
      await complete();
      const wasClaimed = at > 1 || when === 'after';
      expect((await harness.findKey(key))?.status).toBe(wasClaimed ? 'done' : undefined);
      const execution = await harness.send(toyRequest(key));
      expect(execution.isReplay).toBe(wasClaimed);
      await expectDone(key, bytesOf(execution));
    });

    it.each(ACTS)('act $at, $name, which fails: a retry finishes it', async ({ name, at }) => {
      const key = `failed-${when}-${at}-${name}`;
      const first = await sendInto({ at, when, how: 'fails' }, key);
      // Nobody knows who holds a key whose claim was not confirmed; any other is let go.
      if (name === 'claim-key') await lapseLeases(harness.database);
      const bytes = bytesOf(await harness.send(toyRequest(key), { waitMs: 0 }));
      if (first !== null) expect(bytes).toBe(first);
      await expectDone(key, bytes);
    });
  });

  it('is answered when only the confirmation of its last commit is lost', async () => {
    const at = ACTS.length;
    const bytes = await sendInto({ at, when: 'after', how: 'fails' }, 'last-commit');
    expect(bytes).toBe(bytesOf(await harness.send(toyRequest('last-commit'))));
  });

  describe('that was thought dead and goes on', () => {
    const holdsTheRow = ({ name }: { name: string }) => name === 'commit';

    it.each(ACTS.filter((act) => !holdsTheRow(act)))(
      'before act $at, $name: it changes nothing, and answers what another has stored',
      async ({ name, at }) => {
        const key = `frozen-${at}-${name}`;
        const freezer = new Freezer(at);
        const process = toyProcess(harness.impatientPool, freezer.act);
        const frozen = send(process, harness.world, toyRequest(key), { waitMs: 0 });
        await eventually(() => expect(freezer.isFrozen).toBe(true));
        await lapseLeases(harness.database);
        const bytes = bytesOf(await harness.send(toyRequest(key)));
        freezer.resume();
        expect(bytesOf(await frozen)).toBe(bytes);
        await expectDone(key, bytes);
      },
    );

    it.each(ACTS.filter((act) => act.at > 1 && !holdsTheRow(act)))(
      'before act $at, $name: it changes nothing while another runs it, and waits',
      async ({ name, at }) => {
        const key = `overtaken-${at}-${name}`;
        const freezer = new Freezer(at);
        const looks: string[] = [];
        const process = toyProcess(harness.impatientPool, (what, action) => {
          if (what === 'claim-key') looks.push(what);
          return freezer.act(what, action);
        });
        const frozen = send(process, harness.world, toyRequest(key));
        await eventually(() => expect(freezer.isFrozen).toBe(true));
        await lapseLeases(harness.database);
        const { promise: asked, resolve: goOn } = deferred();
        const overtaking = harness.sendHooked(key, { finishing: () => asked });
        await eventually(async () => {
          expect(await harness.findKey(key)).toMatchObject({
            recovery_point: 'charged',
            attempts: 2,
          });
        });
        const before = await harness.findKey(key);
        freezer.resume();
        await eventually(() => expect(looks.length).toBeGreaterThan(2));
        expect(await harness.findKey(key)).toEqual(before);
        goOn();
        const bytes = bytesOf(await overtaking);
        expect(bytesOf(await frozen)).toBe(bytes);
        await expectDone(key, bytes);
      },
    );

    it.each(ACTS.filter(holdsTheRow))(
      'before act $at, $name: nobody waits for the row that it holds, and it finishes',
      async ({ name, at }) => {
        const key = `holding-${at}-${name}`;
        const freezer = new Freezer(at);
        const process = toyProcess(harness.impatientPool, async (what, action) => {
          // Later it could not: the row is locked.
          if (what === 'advance-key' || what === 'finish-key') await lapseLeases(harness.database);
          return freezer.act(what, action);
        });
        const frozen = send(process, harness.world, toyRequest(key));
        await eventually(() => expect(freezer.isFrozen).toBe(true));
        await expect(harness.send(toyRequest(key), { waitMs: 0 })).rejects.toMatchObject({
          code: 'request_in_progress',
        });
        await complete();
        freezer.resume();
        await expectDone(key, bytesOf(await frozen));
      },
    );
  });

  /** Everything happened once, and whoever asks again gets the same bytes. */
  async function expectDone(key: string, bytes: string): Promise<void> {
    expect(await harness.trace(key)).toEqual(DONE_ONCE);
    const again = await send(harness.other, harness.world, toyRequest(key));
    expect({ bytes: bytesOf(again), isReplay: again.isReplay }).toEqual({ bytes, isReplay: true });
  }
});
