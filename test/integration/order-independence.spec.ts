import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { permutations } from '../support/facts.js';
import { lifecycles, type Lifecycle } from '../support/lifecycles.js';
import { createRingHarness, type RingHarness } from '../support/ring-harness.js';
import { storedResult } from '../support/stored-result.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Each life is lived this often, with ids of its own, in as many different orders. */
const ORDERS_MAX = 720;

describe('F28: the same events through the database, in up to 720 orders, by concurrent workers', () => {
  let database: TestDatabase;
  let harness: RingHarness;

  beforeAll(async () => {
    database = await createTestDatabase();
    harness = createRingHarness(database);
  });

  afterAll(async () => {
    await harness.close();
    await database.drop();
  });

  const names = lifecycles('x').map(({ name }) => name);

  it.each(names)('ends the same for %s', async (name) => {
    const kind = names.indexOf(name);
    const reference = lifeOf(`ref${kind}`, name);
    for (const body of reference.events) {
      await harness.deliver(reference.provider, body);
      await harness.ring();
    }
    const expected = await storedResult(database, `ref${kind}`);

    const orders = sample(permutations(reference.events.map((_event, index) => index)));
    const lives = orders.map((order, index) => ({ id: `k${kind}n${index}e`, order }));
    await liveConcurrently(lives, name);

    for (const { id, order } of lives) {
      expect({ order, result: await storedResult(database, id) }).toEqual({
        order,
        result: expected,
      });
    }
    const [left] = await database.query<{ count: number; attempts: number }>(
      `select count(*) filter (where status in ('received', 'dead'))::int as count,
              coalesce(max(attempts), 0)::int as attempts from inbox`,
    );
    expect(left).toEqual({ count: 0, attempts: 0 });
  });

  /** One event of every life at a time, each round in rings that three workers race for. */
  async function liveConcurrently(
    lives: readonly { id: string; order: readonly number[] }[],
    name: string,
  ): Promise<void> {
    const rounds = lives[0]?.order.length ?? 0;
    for (let round = 0; round < rounds; round += 1) {
      const from = harness.recorded.length;
      await Promise.all(
        lives.map(({ id, order }) => {
          const life = lifeOf(id, name);
          return harness.deliver(life.provider, life.events[order[round] ?? 0] ?? {});
        }),
      );
      const ids = harness.recorded.slice(from);
      const third = Math.ceil(ids.length / 3);
      await Promise.all([
        harness.ring(ids.slice(0, 2 * third)),
        harness.ring(ids.slice(third)),
        harness.ring(ids),
      ]);
      await harness.ring(); // whatever all three left to each other
    }
  }

  function lifeOf(id: string, name: string): Lifecycle {
    const life = lifecycles(id).find((one) => one.name === name);
    if (!life) throw new Error(`there is no life ${name}`);
    return life;
  }
});

/** Up to ORDERS_MAX of all orders, evenly spread over them. */
function sample<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.ceil(all.length / ORDERS_MAX));
  return all.filter((_one, index) => index % step === 0);
}
