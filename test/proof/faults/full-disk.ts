import pg from 'pg';
import { isolatedPostgres, type IsolatedPostgres } from '../../support/isolated-postgres.js';
import { checkRecords, queryOf } from '../check.js';
import { OpenLoopClient } from '../client.js';
import type { Fault } from '../fault.js';
import { knock } from '../knock.js';
import type { Scene } from '../scene.js';
import { obstacleToSmallDisk, smallDisk, type SmallDisk } from '../small-disk.js';
import { livesFrom, type Life } from '../stories.js';
import { PROOF_TOKENS } from '../world.js';

const DISK_MEGABYTES = 256;
/** Small, so that the log of PostgreSQL, too, wants more of the disk soon. */
const SETTINGS = { max_wal_size: '64MB', min_wal_size: '32MB' };
const RATE_PER_SECOND = 40;
/** Deliveries in a row that were refused: by then nothing is written any more. */
const REFUSALS = 10;

/** A PostgreSQL on a disk of its own, with a service and a load of its own. */
export const DISK_FAULTS: readonly Fault[] = [
  {
    id: 'F18',
    title: 'the disk of PostgreSQL full',
    expected: '503 and nothing else while it is; what was acknowledged is there afterwards',
    ratePerSecond: 20,
    obstacle: obstacleToSmallDisk,
    inject: async (scene) => {
      const disk = smallDisk(scene.world.folder, DISK_MEGABYTES);
      try {
        const postgres = await isolatedPostgres({ parent: disk.folder, settings: SETTINGS });
        try {
          await fillUnderLoad(scene, disk, postgres);
        } finally {
          disk.free();
          await postgres.remove();
        }
      } finally {
        disk.remove();
      }
    },
  },
];

async function fillUnderLoad(scene: Scene, disk: SmallDisk, postgres: IsolatedPostgres) {
  const service = await scene.world.guest('on the small disk', 'api', {
    ROLES: 'api,worker',
    DATABASE_URL: postgres.url,
    QUEUE_PREFIX: 'small_disk',
    CONSUMERS: 'invoices,access',
    OUTSIDE_CONSUMERS: '',
  });
  await service.start();
  const run = `${scene.run}disk`;
  const lives = livesFrom(scene.random.below(2 ** 31), run);
  const client = new OpenLoopClient({
    urls: [service.url],
    ratePerSecond: RATE_PER_SECOND,
    lives,
    random: scene.random,
    token: PROOF_TOKENS.service,
  });
  const observer = new pg.Pool({ connectionString: postgres.url, max: 1 });
  observer.on('error', () => undefined); // PostgreSQL may end when it cannot write
  try {
    client.start();
    await scene.until('the first acknowledgements', () => client.acknowledged >= 50, 30_000);
    await disk.fill();
    scene.injected(`a disk of ${DISK_MEGABYTES} MB filled to the last byte`);
    const before = client.acknowledged;
    let refusals = 0;
    await scene.until(`${REFUSALS} refusals in a row`, async () => {
      const life = lives.next().value as Life;
      const { status } = await knock(service.url, life.events[0]!);
      client.tell(life);
      scene.expect([200, 503].includes(status), `a full disk was answered with ${status}`);
      refusals = status === 503 ? refusals + 1 : 0;
      return refusals >= REFUSALS;
    });
    scene.note(`${client.acknowledged - before} acknowledged in the space that was left`);
    disk.free();
    await postgres.stop();
    await postgres.start();
    scene.healed();
    await client.stop();
    client.finishLives();
    const isDelivered = await client.delivered(60_000);
    scene.expect(isDelivered, `${client.undeliveredCount} were never acknowledged`);
    const query = queryOf(observer);
    await scene.until(
      'all is applied',
      async () => (await query(`select from inbox where status = 'received'`)).length === 0,
      60_000,
    );
    const { problems } = await checkRecords(query, client, run);
    scene.problems.push(...problems, ...client.surprises);
    scene.note(`${client.acknowledged} acknowledged there, ${client.refused} refused`);
  } finally {
    await client.close();
    await service.kill();
    await observer.end();
  }
}
