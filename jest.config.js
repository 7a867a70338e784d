/**
 * Three projects: `unit` needs no service at all; `integration` and `e2e` share one PostgreSQL and
 * one Redis, which the global setup starts only when a test of theirs is about to run.
 *
 * Jest must run with NODE_OPTIONS=--experimental-vm-modules, since the package is ESM.
 */
/** @param {boolean} tsx whether `<` may begin an element, as it does in the pages of the console */
const compile = (tsx) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true, tsx },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        useDefineForClassFields: false,
        verbatimModuleSyntax: true,
        react: { runtime: 'automatic', importSource: 'preact' },
      },
      experimental: { keepImportAttributes: true },
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  resolver: '<rootDir>/test/support/resolver.cjs',
  // These hold more copies of every module, and Jest would watch them for nothing.
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/', '<rootDir>/.stryker-tmp/'],
  transform: { '^.+\\.ts$': compile(false), '^.+\\.tsx$': compile(true) },
};

const withServices = {
  ...shared,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // Only `npm run test:cluster` puts a pooler before the test databases.
  setupFiles: process.env.TEST_PGBOUNCER ? ['<rootDir>/test/support/through-pooler.ts'] : [],
  setupFilesAfterEnv: ['<rootDir>/test/support/balanced-ledgers.ts'],
};

/** @type {import('jest').Config} */
export default {
  maxWorkers: 2,
  // For what hangs: how long something may take on a busy machine is no test's business.
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/support/summary-reporter.mjs'],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/test/unit/**/*.spec.{ts,tsx}',
        '<rootDir>/test/contracts/**/*.spec.ts',
      ],
    },
    {
      ...withServices,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.spec.ts'],
    },
    { ...withServices, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
  ],
};
