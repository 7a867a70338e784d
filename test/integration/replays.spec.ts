import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  discardMessage,
  removeConsumer,
  replayMessage,
} from '../../src/ops/consumers/consumers.js';
import { showEvent } from '../../src/ops/events/show-event.js';
import { discardEvent, replayEvent } from '../../src/ops/replays/replay-event.js';
import type { ReplayView } from '../../src/ops/replays/present-replay.js';
import { listReplays, showReplay, steerReplay } from '../../src/ops/replays/replays.js';
import { runReplayOnce, type ReplayContext } from '../../src/ops/replays/run-replays.js';
import { startReplay } from '../../src/ops/replays/start-replay.js';
import { ANN, BEN, OperatorHarness, paid } from '../support/operator-harness.js';

let harness: OperatorHarness;
let rung: string[];
let context: ReplayContext;

beforeEach(async () => {
  harness = await OperatorHarness.open({ REPLAY_MAX: '50' });
  rung = [];
  context = {
    pool: harness.ring.context.pool,
    graceSeconds: 1,
    ring: (ids) => Promise.resolve(rung.push(...ids)),
    wakeRelay: () => rung.push('relay'),
    report: () => undefined,
  };
});
afterEach(() => harness.close());

interface Row {
  readonly id: string;
  readonly status: string;
  readonly outcome_reason: string | null;
  readonly attempts: number;
  readonly replays: number;
}

function rows(): Promise<Row[]> {
  return harness.database.query<Row>(
    'select id, status, outcome_reason, attempts, replays from inbox order by id',
  );
}

async function row(id: string): Promise<Row> {
  return (await rows()).find((one) => one.id === id)!;
}

function replay(id: string, caller = ANN) {
  return replayEvent(harness.services, caller, id, { reason: 'fixed' });
}

function discard(id: string, caller = ANN) {
  return discardEvent(harness.services, caller, id, { reason: 'a test of ours' });
}

async function start(body: object, caller = ANN, key: string | null = null) {
  const answer = await startReplay(harness.services, caller, { reason: 'fixed', ...body }, key);
  return answer.body as ReplayView;
}

/** Does everything that is due, whatever the rate says, and counts the parts. */
async function finish(): Promise<number> {
  for (let parts = 0; ; parts += 1) {
    await harness.database.query('update replays set next_at = now()');
    if ((await runReplayOnce(context)) === 'done') return parts;
  }
}

/** Everything that is told of money. */
async function money(): Promise<unknown> {
  const [found] = await harness.database.query<{ found: unknown }>(
    `select jsonb_build_array(
       (select jsonb_agg(p order by id) from payments p),
       (select jsonb_agg(o order by id) from orders o),
       (select jsonb_agg(f order by fact_key) from payment_facts f),
       (select jsonb_agg(t order by id) from ledger_transfers t),
       (select jsonb_agg(m order by id) from outbox m),
       (select jsonb_agg(r order by id) from reviews r)) as found`,
  );
  return found!.found;
}

describe('a replay of one event', () => {
  it('applies a dead letter, and keeps what it was', async () => {
    const [id] = await harness.dead(paid('order-a', 'a'));
    expect(await replay(id!)).toMatchObject({
      isReplayed: true,
      status: 'received',
      attempts: 0,
      replays: 1,
    });
    await harness.ring.ring([id!]);
    expect(await row(id!)).toMatchObject({ status: 'applied', outcome_reason: null });
    const { replays, errors } = (await showEvent(harness.services, id!)) as unknown as {
      replays: object[];
      errors: object[];
    };
    expect(replays).toMatchObject([
      {
        action: 'replay',
        by: 'ann',
        reason: 'fixed',
        statusBefore: 'dead',
        outcomeBefore: 'translate_failed',
      },
    ]);
    expect(errors).toMatchObject([{ code: 'translate_failed' }]);
    const { data } = await listReplays(harness.services, {});
    expect(data).toMatchObject([{ status: 'done', total: 1, done: 1, requestedBy: 'ann' }]);
    expect(await showReplay(harness.services, data[0]!.id)).toMatchObject({
      results: { applied: 1 },
    });
  });

  it('changes nothing when it was applied, and makes it a no-op', async () => {
    await harness.order('order-a');
    const [id] = await harness.tell(paid('order-a', 'a'));
    const before = await money();
    for (let times = 1; times <= 2; times += 1) {
      expect(await replay(id!)).toMatchObject({ isReplayed: true, replays: times });
      await harness.ring.ring();
      expect(await row(id!)).toMatchObject({ status: 'noop', outcome_reason: 'repeated' });
    }
    expect(await money()).toEqual(before);
    expect(await harness.audit()).toEqual(['ann event.replay done', 'ann event.replay done']);
  });

  it('is done for whatever an event ended as', async () => {
    const ids = [
      ...(await harness.tell(
        { id: 'evt_i', object: 'event', type: 'customer.created' },
        paid('order-a', 'a'),
        paid('order-a', 'a'),
      )),
      ...(await harness.dead(paid('order-b', 'b'))),
    ];
    await discard(ids[3]!);
    expect((await rows()).map(({ status }) => status)).toEqual([
      'ignored',
      'applied',
      'noop',
      'discarded',
    ]);
    for (const id of ids) expect(await replay(id)).toMatchObject({ isReplayed: true });
    await harness.ring.ring();
    expect((await rows()).map(({ status }) => status)).toEqual([
      'ignored',
      'noop',
      'noop',
      'applied',
    ]);
  });

  it('hurries one that waits out a pause, with all its attempts', async () => {
    const id = await harness.deliver(paid('order-a', 'a'));
    expect(await replay(id)).toMatchObject({ isReplayed: false, replayId: null });
    await harness.database.query(
      `update inbox set attempts = 2, due_at = now() + interval '1 hour'`,
    );
    expect(await harness.ring.ring([id])).toBe(0);
    expect(await replay(id)).toMatchObject({ isReplayed: true, attempts: 0 });
    expect(await harness.ring.ring([id])).toBe(1);
    expect(await row(id)).toMatchObject({ status: 'applied' });
  });

  it('is done once however many press at the same moment', async () => {
    const [id] = await harness.dead(paid('order-a', 'a'));
    const presses = await Promise.all(
      Array.from({ length: 20 }, (_, index) => replay(id!, index % 2 === 0 ? ANN : BEN)),
    );
    expect(presses.filter((one) => 'isReplayed' in one && one.isReplayed)).toHaveLength(1);
    expect(await row(id!)).toMatchObject({ status: 'received', replays: 1 });
    const results = (await harness.audit()).map((line) => line.split(' ').at(-1));
    expect(results.filter((result) => result === 'done')).toHaveLength(1);
    expect(results.filter((result) => result === 'unchanged')).toHaveLength(19);
  });

  it('leaves alone what a worker holds at this moment, and does not wait for it', async () => {
    const id = await harness.deliver(paid('order-a', 'a'));
    await whileLocked('select 1 from inbox for update', async () => {
      expect(await replay(id)).toMatchObject({ isReplayed: false });
    });
    await harness.ring.ring();
    expect(await row(id)).toMatchObject({ status: 'applied', replays: 0 });
  });

  it.each([
    ['nonsense', 'bad_request'],
    ['00000000-0000-7000-8000-000000000000', 'not_found'],
  ])('refuses %s with %s, and writes that down', async (id, code) => {
    await expect(replay(id)).rejects.toMatchObject({ code });
    await expect(discard(id)).rejects.toMatchObject({ code });
    expect(await harness.audit()).toEqual([
      `ann event.replay ${code}`,
      `ann event.discard ${code}`,
    ]);
  });
});

describe('discarding an event', () => {
  it('is for dead letters alone, and needs a reason', async () => {
    const [applied] = await harness.tell(paid('order-a', 'a'));
    await expect(discard(applied!)).rejects.toMatchObject({ code: 'event_not_dead', status: 409 });
    const [dead] = await harness.dead(paid('order-b', 'b'));
    await expect(discardEvent(harness.services, ANN, dead!, {})).rejects.toMatchObject({
      code: 'bad_request',
    });
    expect(await discard(dead!)).toMatchObject({ isDiscarded: true, status: 'discarded' });
    expect(await discard(dead!)).toMatchObject({ isDiscarded: false, status: 'discarded' });
    expect(await harness.ring.ring()).toBe(0);
  });

  it('races with a replay: one of the two happens, and the other one did nothing', async () => {
    const ids = await harness.dead(
      ...Array.from({ length: 12 }, (_, index) => paid(`order-${index}`, `p${index}`)),
    );
    const chosen = await start({ ids }); // by somebody who saw them dead
    const outcomes = await Promise.all([
      ...ids.map((id) => discard(id, BEN).catch(() => null)),
      runReplayOnce(context),
    ]);
    await finish();
    const discarded = outcomes.filter(
      (one) => typeof one === 'object' && one?.isDiscarded === true,
    ).length;
    const { done, skipped } = await showReplay(harness.services, chosen.id);
    expect(done + skipped).toBe(12);
    expect(done + discarded).toBe(12);
    const statuses = (await rows()).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'discarded')).toHaveLength(discarded);
    expect((await rows()).map(({ replays }) => replays)).toEqual(ids.map(() => 1));
  });

  it('stands against a replay that was ordered before it', async () => {
    const [id] = await harness.dead(paid('order-a', 'a'));
    const { id: replayId } = await start({ filter: {} });
    await discard(id!);
    await finish();
    expect(await row(id!)).toMatchObject({ status: 'discarded' });
    expect(await showReplay(harness.services, replayId)).toMatchObject({ done: 0, skipped: 1 });
    expect(await replay(id!)).toMatchObject({ isReplayed: true }); // somebody wants it all the same
  });
});

describe('a bulk replay', () => {
  const some = (count: number, name = 'o') =>
    Array.from({ length: count }, (_, index) => paid(`${name}-${index}`, `${name}${index}`));

  it('sends through what its filter matched, and not what matches later', async () => {
    const ids = await harness.dead(...some(3));
    const order = await start({ filter: { code: 'translate_failed' } });
    expect(order).toMatchObject({ status: 'running', total: 3, done: 0, pending: 3 });
    const [late] = await harness.dead(paid('late', 'late'));
    await finish();
    expect(rung).toEqual(ids);
    expect(await row(late!)).toMatchObject({ status: 'dead' });
    await harness.ring.ring();
    expect(await showReplay(harness.services, order.id)).toMatchObject({
      status: 'done',
      done: 3,
      skipped: 0,
      pending: 0,
      results: { applied: 3 },
    });
  });

  it('of two people sends each once, and the second finds it done', async () => {
    const ids = await harness.dead(...some(5));
    const [one, other] = await Promise.all([start({ filter: {} }), start({ ids }, BEN)]);
    await finish();
    const both = [await showReplay(harness.services, one.id)];
    both.push(await showReplay(harness.services, other.id));
    expect(both.map(({ total }) => total)).toEqual([5, 5]);
    expect(both[0]!.done + both[1]!.done).toBe(5);
    expect(both[0]!.skipped + both[1]!.skipped).toBe(5);
    expect((await rows()).map(({ replays }) => replays)).toEqual(ids.map(() => 1));
    expect((await harness.audit()).sort()).toEqual([
      'ann replay.start started',
      'ben replay.start started',
    ]);
  });

  it('leaves alone what died again since it was chosen', async () => {
    const [id] = await harness.dead(paid('order-a', 'a'));
    const first = await start({ filter: {} });
    const second = await start({ filter: {} }, BEN);
    await runReplayOnce(context);
    await harness.kill([id!]);
    await finish();
    expect(await row(id!)).toMatchObject({ status: 'dead', replays: 1 });
    expect(await showReplay(harness.services, first.id)).toMatchObject({ done: 1, skipped: 0 });
    expect(await showReplay(harness.services, second.id)).toMatchObject({ done: 0, skipped: 1 });
    await start({ filter: {} });
    await finish();
    expect(await row(id!)).toMatchObject({ status: 'received', replays: 2 });
  });

  it('is shared by several processes, each item by one', async () => {
    const ids = await harness.dead(...some(40));
    const other = new pg.Pool({ connectionString: harness.database.url, max: 4 });
    await start({ filter: {}, perSecond: 20 });
    await start({ filter: {}, perSecond: 20 }, BEN);
    try {
      const runners = [context, { ...context, pool: other }, context].map(async (one) => {
        for (;;) {
          await harness.database.query('update replays set next_at = now()');
          if ((await runReplayOnce(one)) === 'more') continue;
          const [left] = await harness.database.query<{ left: number }>(
            `select count(*)::int as left from replays where status = 'running'`,
          );
          if (left!.left === 0) return;
        }
      });
      await Promise.all(runners);
    } finally {
      await other.end();
    }
    expect(rung.sort()).toEqual([...ids].sort());
    const { data } = await listReplays(harness.services, {});
    expect(data.map(({ status, pending }) => [status, pending])).toEqual([
      ['done', 0],
      ['done', 0],
    ]);
    expect(data[0]!.done + data[1]!.done).toBe(40);
  });

  it('goes on after a part that was cut off, and does nothing twice', async () => {
    const ids = await harness.dead(...some(4));
    const { id } = await start({ filter: {}, perSecond: 8 });
    await runReplayOnce(context);
    await harness.database.query(
      `alter table replay_items add constraint cut_off check (position < 3 or status = 'pending')`,
    );
    await harness.database.query('update replays set next_at = now()');
    await expect(runReplayOnce(context)).rejects.toThrow('cut_off');
    expect((await rows()).map(({ status }) => status)).toEqual([
      'received',
      'received',
      'dead',
      'dead',
    ]);
    await harness.database.query('alter table replay_items drop constraint cut_off');
    await finish();
    expect(rung).toEqual(ids);
    expect(await showReplay(harness.services, id)).toMatchObject({ done: 4, status: 'done' });
  });

  it('keeps to its rate', async () => {
    await harness.dead(...some(30));
    const { id } = await start({ filter: {}, perSecond: 40 });
    expect(await runReplayOnce(context)).toBe('more');
    expect(await runReplayOnce(context)).toBe('done'); // the next part is not due
    const [next] = await harness.database.query<{ done: number; ms: number }>(
      `select done, (extract(epoch from next_at - (select max(at) from replay_items)) * 1000)::float8 as ms
       from replays where id = $1`,
      [id],
    );
    expect(next!.done).toBe(10);
    expect(Math.round(next!.ms)).toBe(250);
  });

  it('waits while it is paused, and ends when it is called off', async () => {
    await harness.dead(...some(4));
    const { services } = harness;
    const { id } = await start({ filter: {}, perSecond: 4 });
    await runReplayOnce(context);
    expect(await steerReplay(services, BEN, id, 'pause')).toMatchObject({ status: 'paused' });
    expect(await finish()).toBe(0);
    expect(await steerReplay(services, BEN, id, 'pause')).toMatchObject({ status: 'paused' });
    expect(await steerReplay(services, BEN, id, 'resume')).toMatchObject({ status: 'running' });
    await harness.database.query('update replays set next_at = now()');
    await runReplayOnce(context);
    expect(await steerReplay(services, ANN, id, 'cancel')).toMatchObject({
      status: 'cancelled',
      done: 2,
      pending: 2,
    });
    expect(await finish()).toBe(0);
    for (const steering of ['pause', 'resume'] as const) {
      await expect(steerReplay(services, ANN, id, steering)).rejects.toMatchObject({
        code: 'replay_finished',
        status: 409,
      });
    }
    expect(rung).toHaveLength(2);
    expect(await harness.audit()).toEqual([
      'ann replay.start started',
      'ben replay.pause done',
      'ben replay.pause unchanged',
      'ben replay.resume done',
      'ann replay.cancel done',
      'ann replay.pause replay_finished',
      'ann replay.resume replay_finished',
    ]);
  });

  it('may be paused and called off while a part of it is done', async () => {
    await harness.dead(...some(20));
    const { id } = await start({ filter: {}, perSecond: 8 });
    const steer = (one: 'pause' | 'resume' | 'cancel') =>
      steerReplay(harness.services, BEN, id, one).catch(() => null);
    const run = async () => {
      await harness.database.query('update replays set next_at = now()');
      await runReplayOnce(context);
    };
    await Promise.all([run(), steer('pause'), run(), steer('resume'), run(), steer('pause')]);
    await Promise.all([run(), steer('cancel'), run()]);
    const { status, done, pending, finishedAt } = await showReplay(harness.services, id);
    expect(status).toBe('cancelled');
    expect(finishedAt).not.toBeNull();
    expect(done + pending).toBe(20);
    expect(rung).toHaveLength(done);
    expect((await rows()).filter((one) => one.status === 'received')).toHaveLength(done);
  });

  it('of nothing is done at once', async () => {
    expect(await start({ filter: { type: 'nothing' } })).toMatchObject({
      status: 'done',
      total: 0,
      pending: 0,
      finishedAt: expect.any(Date),
    });
    expect(await runReplayOnce(context)).toBe('done');
  });

  it('is given once under one key', async () => {
    await harness.dead(...some(2));
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        startReplay(harness.services, ANN, { filter: {} }, 'the-same'),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 202]);
    const ids = new Set(answers.map(({ body }) => (body as ReplayView).id));
    expect(ids.size).toBe(1);
    const other = { filter: { type: 'x' } };
    await expect(startReplay(harness.services, ANN, other, 'the-same')).rejects.toMatchObject({
      code: 'idempotency_key_reused',
      status: 422,
    });
    const ofBen = await startReplay(harness.services, BEN, { filter: {} }, 'the-same');
    expect(ofBen.status).toBe(202);
    expect(await harness.database.query('select 1 from replays')).toHaveLength(2);
  });

  it('of more than may be is refused, and nothing of it is there', async () => {
    await harness.dead(...some(51));
    await expect(start({ filter: {} }, ANN, 'k')).rejects.toMatchObject({
      code: 'replay_too_large',
      status: 422,
    });
    for (const table of ['replays', 'replay_items']) {
      expect(await harness.database.query(`select 1 from ${table}`)).toEqual([]);
    }
    expect(await harness.audit()).toEqual(['ann replay.start replay_too_large']);
    await harness.database.query(
      `update inbox set status = 'discarded' where id = (select min(id::text)::uuid from inbox)`,
    );
    expect(await start({ filter: {} }, ANN, 'k')).toMatchObject({ total: 50 });
  });

  it('is refused when it makes no sense, and that is written down', async () => {
    const unknown = '00000000-0000-7000-8000-000000000000';
    const senseless: (readonly [object, string])[] = [
      [{}, 'bad_request'],
      [{ filter: {}, ids: [unknown] }, 'bad_request'],
      [{ filter: { status: 'dead', color: 'red' } }, 'bad_request'],
      [{ filter: { status: 'applied' }, action: 'discard' }, 'bad_request'],
      [{ filter: { from: '2999-01-01T00:00:00Z' } }, 'bad_request'],
      [{ filter: {}, perSecond: 1001 }, 'bad_request'],
      [{ ids: [unknown] }, 'not_found'],
      [{ target: 'messages', ids: [unknown] }, 'bad_request'],
      [{ target: 'messages', filter: { status: 'consumed' } }, 'bad_request'],
    ];
    for (const [body, code] of senseless) {
      await expect(start(body)).rejects.toMatchObject({ code });
    }
    const written = senseless.map(([, code]) => `ann replay.start ${code}`);
    expect(await harness.audit()).toEqual(written);
  });

  it('discards what it chose, unless somebody sent it through meanwhile', async () => {
    const [first, second] = await harness.dead(...some(2));
    const order = await start({ filter: {}, action: 'discard' });
    await replay(second!, BEN);
    await harness.kill([second!]);
    await finish();
    expect(await row(first!)).toMatchObject({ status: 'discarded' });
    expect(await row(second!)).toMatchObject({ status: 'dead' });
    expect(await showReplay(harness.services, order.id)).toMatchObject({
      done: 1,
      skipped: 1,
      results: { discarded: 1 },
    });
    expect(rung).toEqual([]);
  });
});

describe('messages of consumers', () => {
  /** As many dead letters of a consumer, oldest first. */
  async function deadMessages(count: number): Promise<string[]> {
    const made = await harness.database.query<{ id: string }>(
      `with made as (
         insert into outbox (id, type, aggregate, aggregate_id, version, subject, data,
                             fanned_out_at)
         select gen_random_uuid(), 'order.paid', 'order', gen_random_uuid(), 1, 'order-' || n, '{}',
                now()
         from generate_series(1, $1) n returning id)
       insert into dispatches (consumer, message_id, status, reason, settled_at, tries, attempts)
       select 'crm', id, 'dead', 'consumer_failed', now(), 3, 3 from made
       returning message_id as id`,
      [count],
    );
    return made.map(({ id }) => id);
  }

  const dispatches = () =>
    harness.database.query<{ status: string; attempts: number }>(
      'select status, attempts from dispatches order by message_id',
    );

  it('are replayed in bulk, and the relay is woken', async () => {
    await deadMessages(3);
    const order = await start({ target: 'messages', filter: { consumer: 'crm' } });
    await finish();
    expect(rung).toEqual(['relay']);
    expect(await dispatches()).toEqual([1, 2, 3].map(() => ({ status: 'pending', attempts: 0 })));
    expect(await showReplay(harness.services, order.id)).toMatchObject({
      target: 'messages',
      results: { pending: 3 },
    });
  });

  it('are left alone once they died again', async () => {
    const ids = await deadMessages(2);
    const choice = { target: 'messages', consumer: 'crm', ids };
    await start(choice);
    const second = await start(choice, BEN);
    await runReplayOnce(context);
    await harness.database.query(
      `update dispatches set status = 'dead', reason = 'x', settled_at = now()`,
    );
    await finish();
    expect(await showReplay(harness.services, second.id)).toMatchObject({ done: 0, skipped: 2 });
    expect((await dispatches()).map(({ status }) => status)).toEqual(['dead', 'dead']);
  });

  it('are discarded one by one, which stands against an older order', async () => {
    const [id] = await deadMessages(1);
    const older = await start({ target: 'messages', filter: {} });
    const named = { consumer: 'crm', id: id! };
    const reason = { reason: 'a test of ours' };
    expect(await discardMessage(harness.services, ANN, named, reason)).toMatchObject({
      isDiscarded: true,
      status: 'discarded',
    });
    await finish();
    expect(await showReplay(harness.services, older.id)).toMatchObject({ done: 0, skipped: 1 });
    expect(await replayMessage(harness.services, BEN, named, null)).toMatchObject({
      isReplayed: true,
      status: 'pending',
    });
    await expect(discardMessage(harness.services, ANN, named, reason)).rejects.toMatchObject({
      code: 'message_not_dead',
      status: 409,
    });
  });
});

describe('what people did', () => {
  it.each(['audit_entries', 'review_decisions'])('stays in %s whoever asks', async (table) => {
    const [id] = await harness.dead(paid('order-b', 'b'));
    await replay(id!);
    await harness.tell(
      paid('order-a', 'a'),
      paid('order-a', 'a', 5000, { currency: 'usd', amount_received: 100 }),
    );
    await harness.database.query(
      `insert into review_decisions (id, review_id, actor, resolution, is_proposal, reason,
                                     amount_minor)
       select gen_random_uuid(), id, 'ann', 'accept', false, 'why', 0 from reviews`,
    );
    for (const change of [
      `update ${table} set actor = 'nobody'`,
      `delete from ${table}`,
      `truncate ${table}`,
      `truncate ${table} cascade`,
    ]) {
      await expect(harness.database.query(change)).rejects.toMatchObject({ code: '23001' });
    }
    expect((await harness.database.query(`select 1 from ${table}`)).length).toBeGreaterThan(0);
  });

  it('is not done when it cannot be written down', async () => {
    const [id, other] = await harness.dead(paid('order-a', 'a'), paid('order-b', 'b'));
    await harness.database.query(
      `alter table audit_entries add constraint broken check (actor = 'nobody')`,
    );
    await expect(replay(id!)).rejects.toThrow('broken');
    await expect(discard(other!)).rejects.toThrow('broken');
    await expect(start({ filter: {} })).rejects.toThrow('broken');
    await harness.database.query(
      `insert into consumers (name, patterns, seen_at)
       values ('gone', '{order.%}', now() - interval '1 day')`,
    );
    await expect(removeConsumer(harness.services, ANN, 'gone')).rejects.toThrow('broken');
    expect(await harness.database.query('select name from consumers')).toEqual([{ name: 'gone' }]);
    expect((await rows()).map(({ status }) => status)).toEqual(['dead', 'dead']);
    expect(await harness.database.query('select 1 from replays')).toEqual([]);
  });
});

/** Holds what a statement locks until `work` is done. */
async function whileLocked(lock: string, work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: harness.database.url });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(lock);
    await work();
  } finally {
    await client.end();
  }
}
