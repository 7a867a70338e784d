import pg from 'pg';
import { isolatedPostgres, type IsolatedPostgres } from '../../support/isolated-postgres.js';
import { checkRecords, queryOf } from '../check.js';
import { OpenLoopClient } from '../client.js';
import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';
import { obstacleToSmallDisk, smallDisk, type SmallDisk } from '../small-disk.js';
import { livesFrom } from '../stories.js';
import { untilQuiet } from '../until-quiet.js';
import { PROOF_TOKENS } from '../world.js';

const DISK_MEGABYTES = 256;
/** Small, so that the log of PostgreSQL, too, wants more of the disk soon. */
const SETTINGS = { max_wal_size: '64MB', min_wal_size: '32MB' };
/** It has everything in one process, and is not here to be fast. */
const RATE_PER_SECOND = 15;
/** So many in a row: by then nothing is written any more. */
const REFUSALS = 10;

/** A PostgreSQL on a disk of its own, with a service and a load of its own. */
export const DISK_FAULTS: readonly Fault[] = [
  {
    id: 'F18',
    title: 'the disk of PostgreSQL full',
    expected: '503 and nothing else while it is; what was acknowledged is there afterwards',
    ratePerSecond: 5,
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
    await scene.until('the first acknowledgements', () => client.acknowledged >= 30, 30_000);
    await disk.fill();
    scene.injected(`a disk of ${DISK_MEGABYTES} MB filled to the last byte`);
    const before = client.acknowledged;
    await scene.until('nothing is acknowledged any more', async () => {
      const { acknowledged, refused } = client;
      await scene.seconds(1.5);
      return client.acknowledged === acknowledged && client.refused >= refused + REFUSALS;
    });
    scene.note(`${client.acknowledged - before} acknowledged in the space that was left`);
    disk.free();
    await postgres.stop();
    await postgres.start();
    scene.healed();
    await client.stop();
    client.finishLives();
    const quiet = await untilQuiet(observer, client);
    const { problems } = await checkRecords(queryOf(observer), client, run);
    scene.problems.push(...quiet.problems, ...problems, ...client.surprises);
    scene.note(`${client.acknowledged} acknowledged there, ${client.refused} refused`);
  } finally {
    await client.close();
    await service.kill();
    await observer.end();
  }
}
