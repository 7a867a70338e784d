import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A bug that is put into a copy of the build, to see whether the proof finds it. */
export interface Plant {
  readonly name: string;
  /** What somebody could have got wrong. */
  readonly says: string;
  /** File of the build. */
  readonly file: string;
  /** Text that is replaced; each has to be there exactly once. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  /** The fault under which it shows. */
  readonly caughtBy: string;
  /** Found in what the proof says then. */
  readonly symptom: RegExp;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const PLANTS: readonly Plant[] = [
  {
    name: 'unguarded-claim',
    says: 'the claim takes events that have an outcome already',
    file: 'src/inbox/ring.queries.js',
    changes: [
      [
        'and ${IS_TO_BE_DONE}\n      order by id for update of i skip locked',
        'order by id for update of i skip locked',
      ],
    ],
    caughtBy: 'F10',
    symptom: /I3 worked on again after its end/,
  },
  {
    name: 'early-ring',
    says: 'the ring goes out before the commit, and workers find nothing',
    file: 'src/inbox/receive-event.js',
    changes: [
      [
        'const receipts = await this.store(first);',
        'this.listeners.recorded(first.map(({ id }) => id));\n        const receipts = await this.store(first);',
      ],
      ['if (recorded.length > 0)\n            this.listeners.recorded(recorded);', ''],
    ],
    caughtBy: 'F0',
    symptom: /the sweeper had to ring/,
  },
  {
    name: 'fact-per-event',
    says: 'a fact is keyed by the event that told of it, so one capture counts twice',
    file: 'src/inbox/translate-event.js',
    changes: [
      [
        'return { facts: provider.translate(payload), isHint };',
        `const said = provider.translate(payload);
        const facts = said && { ...said, facts: said.facts.map((fact) => ({ ...fact, key: event.eventId })) };
        return { facts, isHint };`,
      ],
    ],
    caughtBy: 'F0',
    symptom: /not as the model says/,
  },
  {
    name: 'early-answer',
    says: 'a delivery is acknowledged before it is committed',
    file: 'src/inbox/receive-event.js',
    changes: [
      [
        'const receipts = await this.store(first);',
        `for (const one of batch) one.resolve('recorded');\n        const receipts = await this.store(first);`,
      ],
    ],
    caughtBy: 'F15',
    symptom: /I1 acknowledged and not recorded|acknowledged while/,
  },
  {
    name: 'no-sweeper',
    says: 'nobody rings for what was not heard',
    file: 'src/inbox/inbox.sweeper.js',
    changes: [
      [
        'const events = await claimRings(this.pool, eventsMax, graceSeconds);',
        'const events = []; void claimRings; void graceSeconds; void eventsMax;',
      ],
    ],
    caughtBy: 'F2',
    symptom: /I5 /,
  },
];

/**
 * Copies the build with the bug in it.
 * @returns the folder of the copy, and what removes it
 * @throws Error when the code is not what it was when the bug was written
 */
export function plant({ name, file, changes }: Plant): { build: string; remove: () => void } {
  const folder = join(tmpdir(), `tollgate-plant-${name}-${process.pid}`);
  const build = join(folder, 'dist');
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, 'dist'), build, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const path = join(build, file);
  let code = readFileSync(path, 'utf8');
  for (const [from, to] of changes) {
    const parts = code.split(from);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
    code = parts.join(to);
  }
  writeFileSync(path, code);
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  return { build, remove };
}
