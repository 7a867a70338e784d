import { MIGRATIONS } from '../../../migrations/index.js';
import { migrate, revertMigration } from '../../../src/database/migrate.js';
import { EXPANDED } from '../../support/future-migrations.js';
import { differences, readActual } from '../actual.js';
import { queryOf } from '../check.js';
import type { Fault } from '../fault.js';
import { isDuplicate, knock } from '../knock.js';
import { foldWorld } from '../model.js';
import type { Scene } from '../scene.js';
import { lifeOfKind, type ProofEvent } from '../stories.js';

/** Lives that say nothing to anybody but us: they are no part of the run, which is held to more. */
const OLD_KINDS = ['stripe: paid', 'stripe: refunded in part', 'paystack: paid'];

/** What those do who look after it: releases, and forgetting what is old. */
export const UPKEEP_FAULTS: readonly Fault[] = [
  {
    id: 'F40',
    title: 'the migrations of the next release while processes of this one run',
    expected: 'no answer but 200, by processes that run on and by those that start meanwhile',
    inject: async (scene) => {
      const { postgres, members } = scene.world;
      const refused = (): number => scene.client.fates.get('503') ?? 0;
      const before = refused();
      try {
        const [run] = await Promise.all([
          migrate(postgres.url, { migrations: EXPANDED }),
          scene.acknowledged(50),
        ]);
        const added = EXPANDED.length - MIGRATIONS.length;
        scene.expect(run.length === added, `${run.length} of ${added} migrations were run`);
        for (const member of members) {
          await member.kill('SIGTERM', 25_000);
          await member.start();
        }
        scene.injected(`${added} migrations: table, columns, check, index concurrently`);
        await scene.acknowledged(50);
      } finally {
        await takeBack(scene);
      }
      await scene.acknowledged(20);
      scene.healed();
      const answered = refused() - before;
      scene.expect(answered === 0, `${answered} answers were 503: ${scene.fates()}`);
    },
  },
  {
    id: 'F41',
    title: 'events delivered again while what was told of them is forgotten',
    expected: 'duplicates: the inbox forgets nothing, so nothing is told a second time',
    inject: async (scene) => {
      const query = queryOf(scene.world.observer);
      const tag = scene.run.replace('r', 'old');
      const events = OLD_KINDS.flatMap((kind, at) => lifeOfKind(kind, `${tag}x${at}`).events);
      await deliverUntilApplied(scene, events);
      const whatDiffers = async (): Promise<string[]> =>
        differences(foldWorld(events, []), await readActual(query, [tag]));
      const messages = await makeOld(scene, tag);
      scene.problems.push(...(await whatDiffers()));
      scene.expect(messages.length > 0, 'nothing was told of them');

      const guest = await scene.world.guest('worker-3', 'worker'); // it cleans up as it starts
      const isForgotten = async (): Promise<boolean> =>
        (await scene.count(`select count(*) from outbox where id = any ($1)`, [messages])) === 0;
      const starting = guest.start();
      scene.injected(`${messages.length} messages older than their retention are removed`);
      let again = 0;
      const deliverAgain = async (): Promise<void> => {
        const { url } = scene.world.apis[0]!;
        const answers = await Promise.all(events.map((event) => knock(url, event)));
        again += answers.length;
        const wrong = answers.find((answer) => !isDuplicate(answer));
        scene.expect(!wrong, `an old event was answered ${wrong?.status} ${wrong?.text}`);
      };
      await scene.until('they are removed', async () => {
        await deliverAgain();
        return isForgotten();
      });
      await starting;
      await deliverAgain();
      scene.note(`${again} deliveries of ${events.length} old events: duplicates`);
      scene.problems.push(...(await whatDiffers()));
      const told = await messagesOf(scene, tag);
      scene.expect(told.length === 0, `${told.length} messages were told anew`);
    },
  },
];

/** Takes back whatever there is of the next release. */
async function takeBack(scene: Scene): Promise<void> {
  const { url } = scene.world.postgres;
  const names = EXPANDED.slice(MIGRATIONS.length).map(({ name }) => name);
  const there = await scene.count(
    'select count(*) from tollgate_migrations where name = any ($1)',
    [names],
  );
  for (let left = there; left > 0; left -= 1) {
    await revertMigration(url, { migrations: EXPANDED });
  }
}

async function deliverUntilApplied(scene: Scene, events: readonly ProofEvent[]): Promise<void> {
  const { url } = scene.world.apis[0]!;
  for (const event of events) {
    await scene.until('an acknowledgement', async () => (await knock(url, event)).status === 200);
  }
  for (const event of events) await scene.inboxRow(event, ({ status }) => status !== 'received');
}

/** Waits until everybody has heard of them, and lets a month go by. @returns ids of the messages */
async function makeOld(scene: Scene, tag: string): Promise<string[]> {
  await scene.until('everything is told', async () => {
    const ids = await messagesOf(scene, tag);
    const heard = `select count(*) from outbox o where id = any ($1) and fanned_out_at is not null
        and not exists (select 1 from dispatches d
                         where d.message_id = o.id and d.status <> 'consumed')`;
    return (await scene.count(heard, [ids])) === ids.length;
  });
  const ids = await messagesOf(scene, tag);
  await scene.query(
    `update outbox set fanned_out_at = fanned_out_at - interval '40 days' where id = any ($1)`,
    [ids],
  );
  await scene.query(
    `update consumed_messages set consumed_at = consumed_at - interval '40 days'
      where message_id = any ($1)`,
    [ids],
  );
  return ids;
}

async function messagesOf(scene: Scene, tag: string): Promise<string[]> {
  const rows = await scene.query<{ id: string }>(
    `select o.id from outbox o
       left join payments p on p.id = o.aggregate_id left join orders r on r.id = o.aggregate_id
      where position($1 in coalesce(p.provider_payment_id, r.reference)) > 0`,
    [tag],
  );
  return rows.map(({ id }) => id);
}
