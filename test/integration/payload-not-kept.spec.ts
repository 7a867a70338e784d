import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { removeOldBodies } from '../../src/inbox/body-partition.queries.js';
import { weekOf } from '../../src/inbox/body-weeks.js';
import { readRawBody, showEvent } from '../../src/ops/events/show-event.js';
import { listReplayItems } from '../../src/ops/replays/list-replay-items.js';
import { discardEvent, replayEvent } from '../../src/ops/replays/replay-event.js';
import { runReplayOnce } from '../../src/ops/replays/run-replays.js';
import { startReplay } from '../../src/ops/replays/start-replay.js';
import { showReplay } from '../../src/ops/replays/replays.js';
import { BodyRetention } from '../support/body-retention.js';
import { eventually } from '../support/eventually.js';
import { ANN, OperatorHarness, paid } from '../support/operator-harness.js';

const LATER_DAYS = 200;

let harness: OperatorHarness;
let retention: BodyRetention;

beforeEach(async () => {
  harness = await OperatorHarness.open();
  retention = new BodyRetention(harness.database);
});

afterEach(async () => {
  await retention.close();
  await harness.close();
});

const row = async (id: string) =>
  (await harness.database.query('select * from inbox where id = $1', [id]))[0];

/** An event that was applied, and whose payload is gone. */
async function forgotten(reference = 'one'): Promise<string> {
  const [id] = await harness.tell(paid(reference, reference));
  await retention.runIn(LATER_DAYS);
  return id!;
}

describe('an event whose payload is not kept any more', () => {
  it('is shown with everything else', async () => {
    const [id] = await harness.tell(paid('one', 'one'));
    const before = await showEvent(harness.services, id!);
    expect(before).toMatchObject({ isPayloadKept: true, payload: { object: 'event' } });
    await retention.runIn(LATER_DAYS);
    const after = await showEvent(harness.services, id!);
    expect(after).toEqual({ ...before, isPayloadKept: false, payload: null });
    expect(after.effects.facts.length).toBeGreaterThan(0);
  });

  it('cannot be downloaded, and that somebody tried is noted', async () => {
    const id = await forgotten();
    await expect(readRawBody(harness.services, ANN, id)).rejects.toMatchObject({
      code: 'payload_not_kept',
      status: 410,
    });
    expect(await harness.audit()).toEqual(['ann event.download payload_not_kept']);
  });

  it('cannot be sent through again, and nothing happens to it', async () => {
    const id = await forgotten();
    const before = await row(id);
    await expect(replayEvent(harness.services, ANN, id, { reason: 'fixed' })).rejects.toMatchObject(
      { code: 'payload_not_kept', status: 410 },
    );
    expect(await row(id)).toEqual(before);
    expect(await harness.database.query('select from replays')).toEqual([]);
    expect(await harness.audit()).toEqual(['ann event.replay payload_not_kept']);
  });

  it('is left alone by a replay of many, which says so beside it', async () => {
    const lost = await forgotten('one');
    const [kept] = await harness.tell(paid('two', 'two'));
    const before = await row(lost);
    const { body } = await startReplay(harness.services, ANN, { ids: [lost, kept] }, null);
    const replayId = 'id' in body ? body.id : '';
    const rung: string[] = [];
    await runReplayOnce({
      pool: harness.services.database.work,
      graceSeconds: 1,
      ring: (ids) => Promise.resolve(rung.push(...ids)),
      wakeRelay: () => undefined,
      report: () => undefined,
    });
    expect(rung).toEqual([kept]);
    expect(await row(lost)).toEqual(before);
    expect(await listReplayItems(harness.services, replayId, {})).toMatchObject([
      { id: lost, status: 'skipped', skipReason: 'payload_not_kept', statusNow: 'applied' },
      { id: kept, status: 'done', skipReason: null, statusNow: 'received' },
    ]);
    expect(await showReplay(harness.services, replayId)).toMatchObject({ done: 1, skipped: 1 });
  });

  it('is refused in a dry run, too, and the others are tried', async () => {
    const lost = await forgotten('one');
    const [kept] = await harness.tell(paid('two', 'two'));
    const wanted = { ids: [lost, kept], dryRun: true };
    const { body } = await startReplay(harness.services, ANN, wanted, null);
    expect(body).toMatchObject({
      changes: [
        { eventId: lost, outcome: 'refused', error: { code: 'payload_not_kept' }, payment: null },
        { eventId: kept, outcome: 'noop: repeated', error: null },
      ],
    });
  });

  it('becomes a dead letter with that reason, should somebody have removed it by hand', async () => {
    const id = await harness.deliver(paid('one', 'one'));
    await harness.database.query('delete from inbox_bodies');
    await harness.ring.ring([id]);
    expect(await row(id)).toMatchObject({ status: 'dead', outcome_reason: 'payload_not_kept' });
    await discardEvent(harness.services, ANN, id, { reason: 'nobody can read it' });
    expect(await row(id)).toMatchObject({ status: 'discarded' });
  });

  it('is not sent through again by who asked while it was removed', async () => {
    const [id] = await harness.tell(paid('one', 'one'));
    const before = await row(id!);
    const worker = new pg.Client({ connectionString: harness.database.url });
    await worker.connect();
    await worker.query('begin');
    const page = { afterId: null, limit: 100, beforeMs: Date.now() + 1000 };
    await removeOldBodies(worker, weekOf(Date.now()).name, page);
    const asked = replayEvent(harness.services, ANN, id!, { reason: 'fixed' });
    asked.catch(() => undefined);
    await eventually(async () => {
      const waiting = await harness.database.query(
        `select 1 from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await worker.query('commit');
    await worker.end();
    await expect(asked).rejects.toMatchObject({ code: 'payload_not_kept' });
    expect(await row(id!)).toEqual(before);
  });
});
