import type { Fault } from '../fault.js';
import type { Scene } from '../scene.js';

const TROUBLE_MS = { min: 8000, max: 60_000 };
const LOOK_SECONDS = 0.1;
/** What a first pause may be at most, in ms, as `BACKOFF_BASE_SECONDS` says. */
const FIRST_PAUSE_MS_MAX = 1000;
/** As `CONSUMER_ATTEMPTS_MAX` is by default. */
const ATTEMPTS_MAX = 8;
/** Fewer say nothing about how they differ; where little is told, trouble lasts longer. */
const PAUSES_MIN = 4;

/** Trouble of those who are told. */
export const TOLD_FAULTS: readonly Fault[] = [
  {
    id: 'F31',
    title: 'a third of what is told over HTTP is refused',
    expected: 'all of it arrives in the end, after pauses that differ',
    inject: async (scene) => {
      const { recipient } = scene.world;
      const before = recipient.refused.size;
      recipient.fail(0.3);
      scene.injected('30 % are 503');
      const pauses = await firstPauses(scene);
      recipient.heal();
      scene.healed();
      const refused = recipient.refused.size - before;
      scene.note(`${refused} messages were refused`);
      scene.expect(refused > 0, 'nothing was refused');
      await scene.until('all of it arrives', () =>
        [...recipient.refused.keys()].every((id) => recipient.accepted.has(id)),
      );
      await expectAttempts(scene);
      const seen = `pauses of ${pauses.sort((one, other) => one - other).join(', ')} ms`;
      const different = new Set(pauses).size;
      scene.note(seen);
      scene.expect(pauses.length >= PAUSES_MIN, `only ${pauses.length} pauses were seen`);
      scene.expect(different > pauses.length / 2, `too many are the same: ${seen}`);
    },
  },
];

/**
 * The pauses after first failures, in ms, as they are written down: of those that lasted until we
 * looked. Once a relay has claimed a message, its lease stands there, which is longer.
 */
async function firstPauses(scene: Scene): Promise<number[]> {
  const pauses = new Map<string, number>();
  const startedAtMs = performance.now();
  const lastsMs = (): number => (pauses.size < PAUSES_MIN ? TROUBLE_MS.max : TROUBLE_MS.min);
  while (performance.now() - startedAtMs < lastsMs()) {
    const rows = await scene.query<{ id: string; ms: number }>(
      `select message_id as id,
              extract(epoch from due_at - (attempt_errors -> -1 ->> 'at')::timestamptz)::float8
                * 1000 as ms
         from dispatches
        where consumer = 'crm' and status = 'pending' and attempts = 1 and sends = 0`,
    );
    for (const { id, ms } of rows) {
      if (ms <= FIRST_PAUSE_MS_MAX) pauses.set(id, Math.round(ms));
    }
    await scene.seconds(LOOK_SECONDS);
  }
  return [...pauses.values()];
}

/** No message was tried more often than the policy says. */
async function expectAttempts(scene: Scene): Promise<void> {
  const most = await scene.count(
    `select coalesce(max(jsonb_array_length(attempt_errors)), 0)
       from dispatches where consumer = 'crm'`,
  );
  scene.expect(most < ATTEMPTS_MAX, `a message was refused ${most} times`);
  scene.note(`no message was refused more than ${most} times`);
}
