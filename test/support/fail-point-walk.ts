import type { FailPoint } from '../../src/fail-points.js';
import { endOf, untilQuiet } from './fail-point-end.js';
import type { Act, Play } from './fail-point-plays.js';
import { SCENES } from './fail-point-scenes.js';
import { Stage } from './fail-point-stage.js';

const TEST_TIMEOUT_MS = 150_000;

/** How an act ended. */
interface End {
  readonly answers: readonly unknown[];
  readonly orders: readonly unknown[];
}

/** What a process left that died. */
interface Remains {
  /** Statuses of rows of the inbox that are new or open. */
  readonly statuses: readonly string[];
  /** How much of what was sent had been answered. */
  readonly answered: number;
}

/**
 * Kills a process at each of these fail points, starts another one, and compares what comes of it
 * with what comes of the same without a death.
 */
export function walkFailPoints(
  points: readonly FailPoint[],
  redisUrl: () => Promise<string | undefined>,
): void {
  let stage: Stage;
  const calm = new Map<Play, End>();

  beforeAll(async () => {
    stage = await Stage.open(await redisUrl());
  }, TEST_TIMEOUT_MS);

  afterEach(() => stage.revive(), TEST_TIMEOUT_MS);
  afterAll(() => stage.close(), TEST_TIMEOUT_MS);

  async function prepare(play: Play): Promise<Act> {
    const act = await play(stage);
    await untilQuiet(stage.shop.database);
    return act;
  }

  async function endOfCalm(play: Play): Promise<End> {
    const known = calm.get(play);
    if (known) return known;
    const act = await prepare(play);
    const answers: unknown[] = [];
    for (const step of act.steps) answers.push(await step());
    const end = await endOfAct(act, answers);
    calm.set(play, end);
    return end;
  }

  async function endOfAct(act: Act, answers: readonly unknown[]): Promise<End> {
    const { database } = stage.shop;
    await act.untilDone?.();
    await untilQuiet(database);
    await act.again?.();
    const orders: unknown[] = [];
    for (const reference of act.references) orders.push(await endOf(database, reference));
    return { answers, orders };
  }

  /** Plays an act to its end although the process dies in the middle. */
  async function dieIn(act: Act, failPoints: string): Promise<{ end: End; remains: Remains }> {
    const { database } = stage.shop;
    const [last] = await database.query<{ id: string }>(
      'select id from inbox order by id desc limit 1',
    );
    const answers: unknown[] = [];
    let remains: Remains | null = null;
    const onDeath = async () => {
      const rows = await database.query<{ status: string }>(
        `select status from inbox where id > $1 or status = 'received' order by id`,
        [last?.id ?? '00000000-0000-0000-0000-000000000000'],
      );
      remains = { statuses: rows.map(({ status }) => status), answered: answers.length };
      await act.afterDeath?.();
    };
    await stage.doom(failPoints);
    for (const step of act.steps) answers.push(await stage.insist(step, onDeath));
    await stage.survive(onDeath);
    return { end: await endOfAct(act, answers), remains: remains! };
  }

  it.each(points)(
    'a process dies at %s, and it ends as if it had not',
    async (point) => {
      const { play, arm = point, leaves, isAnswered } = SCENES[point];
      const calmEnd = await endOfCalm(play);
      const { end, remains } = await dieIn(await prepare(play), arm);
      if (leaves) expect(remains.statuses).toEqual(leaves);
      if (isAnswered !== undefined) expect(remains.answered > 0).toBe(isAnswered);
      expect(end).toEqual(calmEnd);
    },
    TEST_TIMEOUT_MS,
  );

  it('every order was paid once, has one invoice without a gap in their numbers, and its access', async () => {
    const { database } = stage.shop;
    const [counts] = await database.query(
      `select (select count(*)::int from orders where status <> 'paid') as unpaid,
              (select count(*) from orders) = (select count(*) from invoice_documents) as invoiced,
              (select count(*) from orders)
                = (select count(*) from access_grants where status = 'granted') as granted,
              (select count(*) + 1 from invoice_documents)
                = (select next_number from invoice_series) as numbered,
              (select count(*) from dispatches)
                = (select count(*) from consumed_messages) as consumed,
              (select count(*)::int from dispatches where attempts > 0) as failed`,
    );
    expect(counts).toEqual({
      unpaid: 0,
      invoiced: true,
      granted: true,
      numbered: true,
      consumed: true,
      failed: 0,
    });
    for (const { orders } of calm.values()) {
      expect(orders).toEqual(
        orders.map(
          () =>
            expect.objectContaining({
              documents: [['invoice', 'USD', 5000]],
              access: ['granted'],
              reviews: null,
            }) as unknown,
        ),
      );
    }
  });
}
