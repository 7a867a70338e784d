import { readdirSync } from 'node:fs';

const FOLDERS = ['payments', 'providers', 'idempotency', 'inbox'];

/** Specs whose stories go through all orders: minutes, where a mutant has milliseconds. */
const SLOW = /order-independence|observed-lives/;

/** A folder is judged by its own specs, and by those of what it shows and tells to others. */
const specs = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`test/unit/${folder}/`, import.meta.url))
      .filter((name) => name.endsWith('.spec.ts') && !SLOW.test(name))
      .map((name) => `test/unit/${folder}/${name}`),
  ),
  'test/unit/messages.spec.ts',
  'test/unit/state-machine-doc.spec.ts',
];

/**
 * Mutation testing: changes the code that decides, one expression at a time, and asks the unit tests
 * to notice. docs/mutation.md says what is mutated, how to run it and what the last run found.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  plugins: ['./test/mutation/in-process-runner.mjs'],
  testRunner: 'in-process',
  inProcess: { specs },
  warnings: { unknownOptions: false, slow: false },
  coverageAnalysis: 'perTest',
  mutate: [`src/{${FOLDERS.join(',')}}/**/*.ts`, '!src/**/*.queries.ts'],
  ignorePatterns: ['/.data', '/.test', '/bench', '/coverage', '/dist', '/reports'],
  concurrency: 2,
  // The new modules that some mutants need are never let go.
  maxTestRunnerReuse: 200,
  timeoutMS: 60_000,
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  incrementalFile: 'reports/incremental.json',
  reporters: ['clear-text', 'html', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  htmlReporter: { fileName: 'reports/mutation.html' },
  jsonReporter: { fileName: 'reports/mutation.json' },
};
