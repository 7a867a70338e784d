import { findCycles, findForbiddenImports, type Permission } from '../support/architecture.js';
import { parseModule, readModules } from '../support/source-modules.js';

/** Small things that everybody may use: what is configured, what can go wrong, what is noted. */
const EVERYONE = [
  'config/',
  'errors.ts',
  'telemetry/',
  'tokens.ts',
  'backoff.ts',
  'fail-points.ts',
  'loop.ts',
  'new-id.ts',
  'read-input.ts',
  'redis-address.ts',
];

/** What a stage of the line stands on. */
const STAGE = [...EVERYONE, 'database/', 'queues/'];

/** The words in which others are told: statuses and reasons, without what decides them. */
const VOCABULARY = [
  'payments/payment-fact.ts',
  'payments/payment.states.ts',
  'payments/order.states.ts',
  'payments/review-reasons.ts',
];

/** Who may import whom. A new folder needs a row here, and thereby a place in the line. */
const TABLE: readonly Permission[] = [
  // The roots of the tree compose everything; nobody imports them, except for their types.
  { place: 'main.ts', mayImport: ['*'] },
  { place: 'app.module.ts', mayImport: ['*'] },
  { place: 'http-server.ts', mayImport: ['*'] },
  { place: 'services.ts', mayImport: ['*'] },
  { place: 'applying.ts', mayImport: ['*'] },
  { place: 'commands.ts', mayImport: ['*'] },
  { place: 'messaging.ts', mayImport: ['*'] },
  { place: 'welcome.ts', mayImport: EVERYONE },

  { place: 'errors.ts', mayImport: [] },
  { place: 'tokens.ts', mayImport: [] },
  { place: 'backoff.ts', mayImport: [] },
  { place: 'fail-points.ts', mayImport: [] },
  { place: 'loop.ts', mayImport: [] },
  { place: 'new-id.ts', mayImport: [] },
  { place: 'read-input.ts', mayImport: ['errors.ts'] },
  { place: 'redis-address.ts', mayImport: [] },
  { place: 'problem.ts', mayImport: ['errors.ts', 'database/'] },
  { place: 'config/', mayImport: ['errors.ts', 'fail-points.ts', 'redis-address.ts'] },
  { place: 'telemetry/', mayImport: ['config/', 'errors.ts'] },
  { place: 'database/', mayImport: [...EVERYONE, '/migrations/'] },
  { place: 'queues/', mayImport: [...EVERYONE, 'database/'] },

  // Pure: bytes in, facts out. Nothing of Nest, no I/O.
  {
    place: 'providers/',
    mayImport: ['errors.ts', 'config/', 'payments/payment-fact.ts'],
    withoutPackages: ['@nestjs/', 'fastify', 'pg', 'typeorm', 'bullmq', 'ioredis'],
  },

  // Facts in, state out. Knows no provider, no inbox and no queue.
  {
    place: 'payments/',
    mayImport: [...EVERYONE, 'database/', 'ledger/', 'outbox/'],
    withoutPackages: ['@nestjs/', 'fastify', 'bullmq', 'ioredis', 'stripe'],
  },
  { place: 'ledger/', mayImport: [...EVERYONE, 'database/', 'payments/payment-fact.ts'] },
  { place: 'outbox/', mayImport: [...STAGE, ...VOCABULARY] },

  { place: 'inbox/', mayImport: [...STAGE, 'providers/', 'payments/'] },
  { place: 'consumers/', mayImport: [...STAGE, 'outbox/'] },
  { place: 'idempotency/', mayImport: [...STAGE, 'problem.ts'] },
  { place: 'audit/', mayImport: ['new-id.ts', 'database/'] },
  // Who calls, and what that role may do.
  { place: 'access/', mayImport: [...EVERYONE, 'database/'], mayImportTypes: ['services.ts'] },
  {
    place: 'checkout/',
    mayImport: [
      ...STAGE,
      'access/',
      'providers/',
      'payments/',
      'idempotency/',
      'audit/',
      'problem.ts',
      'inbox/apply-observation.ts',
    ],
    mayImportTypes: ['services.ts', 'inbox/process-ring.ts'],
  },
  // Describes the routes with what they read and show themselves, those of `ops/` too.
  {
    place: 'checkout/openapi/',
    mayImport: ['errors.ts', 'audit/', 'checkout/inputs.ts', 'ops/', 'payments/', 'providers/'],
    mayImportTypes: ['inbox/dry-run.ts'],
  },
  {
    place: 'ops/',
    mayImport: [
      ...STAGE,
      'access/',
      'payments/',
      'ledger/',
      'outbox/',
      'consumers/',
      'idempotency/',
      'audit/',
      'inbox/body-of.ts',
      'inbox/inbox.queries.ts',
      'inbox/replay.queries.ts',
      'inbox/dry-run.ts',
      'problem.ts',
    ],
    mayImportTypes: ['services.ts'],
  },
  // The command line speaks HTTP to the service. Only its doctor looks at what that stands on, and
  // `tollgate send` plays the provider, so they have to know both.
  { place: 'ops/cli/', mayImport: ['config/', 'errors.ts'] },
  {
    place: 'ops/cli/doctor/',
    mayImport: [
      'config/',
      'database/',
      'providers/',
      'ops/cli/',
      'redis-address.ts',
      'queues/redis-connection.ts',
    ],
  },
  { place: 'ops/cli/send/', mayImport: ['config/', 'providers/', 'ops/cli/'] },
  // Pages call what the API calls, in the same process; who logs in is written down.
  {
    place: 'console/',
    mayImport: [...EVERYONE, 'ops/', 'access/', 'audit/'],
    mayImportTypes: ['services.ts', 'problem.ts'],
  },
];

const modules = readModules('src');

describe('the architecture', () => {
  it('has no import that the table does not allow', () => {
    expect(findForbiddenImports(modules, TABLE)).toEqual([]);
  });

  it('has no circle of files', () => {
    expect(findCycles(modules)).toEqual([]);
  });

  it('reads environment variables in src/config only', () => {
    const readers = modules.filter(({ readsEnvironment }) => readsEnvironment);
    expect(
      readers.map(({ path }) => path).filter((path) => !path.startsWith('src/config/')),
    ).toEqual([]);
  });

  it('read the source at all', () => {
    expect(modules.length).toBeGreaterThan(50);
    expect(modules.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });
});

describe('the check of the architecture', () => {
  const forbidden = (path: string, text: string): string[] =>
    findForbiddenImports([parseModule(path, text)], TABLE);

  it.each([
    ['src/payments/a.ts', `import { x } from '../providers/b.js'`, 'src/providers/b.ts'],
    ['src/payments/a.ts', `import type { X } from '../inbox/b.js'`, 'src/inbox/b.ts'],
    ['src/payments/a.ts', `export { x } from '../queues/b.js'`, 'src/queues/b.ts'],
    ['src/payments/a.ts', `const x = await import('../queues/b.js')`, 'src/queues/b.ts'],
    ['src/payments/a.ts', `type X = import('../inbox/b.js').X`, 'src/inbox/b.ts'],
    ['src/providers/stripe/a.ts', `import { x } from '../../payments/b.js'`, 'src/payments/b.ts'],
    ['src/providers/a.ts', `import { Injectable } from '@nestjs/common'`, '@nestjs/common'],
    ['src/console/a.ts', `import { x } from '../payments/b.js'`, 'src/payments/b.ts'],
    ['src/ops/a.ts', `import { x } from '../providers/b.js'`, 'src/providers/b.ts'],
    ['src/ops/a.ts', `import { x } from '../inbox/inbox.sweeper.js'`, 'src/inbox/inbox.sweeper.ts'],
    ['src/ops/a.ts', `import { createServices } from '../services.js'`, 'src/services.ts'],
    ['src/ops/cli/a.ts', `import { x } from '../../database/b.js'`, 'src/database/b.ts'],
    ['src/inbox/a.ts', `import { x } from '../../test/support/b.js'`, 'test/support/b.ts'],
    ['src/config/a.ts', `import { x } from '../database/b.js'`, 'src/database/b.ts'],
  ])('reports %s with: %s', (path, text, target) => {
    expect(forbidden(path, text)).toEqual([`${path} must not import ${target}`]);
  });

  it.each([
    ['src/providers/stripe/a.ts', `import { x } from '../../payments/payment-fact.js'`],
    ['src/inbox/a.ts', `import { x } from '../payments/b.js'`],
    ['src/ops/a.ts', `import type { Services } from '../services.js'`],
    ['src/ops/a.ts', `import { type Services } from '../services.js'`],
    ['src/ops/cli/send/a.ts', `import { x } from '../../../providers/b.js'`],
    ['src/payments/a.ts', `// import { x } from '../providers/b.js'`],
  ])('lets %s pass with: %s', (path, text) => {
    expect(forbidden(path, text)).toEqual([]);
  });

  it('reports a folder that nobody gave a row', () => {
    expect(forbidden('src/utils/a.ts', '')).toEqual([
      'src/utils/a.ts lies in a place that the table does not know',
    ]);
  });

  it('reports a circle', () => {
    const circle = [
      parseModule('src/payments/a.ts', `import { b } from './b.js'`),
      parseModule('src/payments/b.ts', `import { a } from './a.js'`),
    ];
    expect(findCycles(circle)).toEqual([
      'src/payments/a.ts → src/payments/b.ts → src/payments/a.ts',
    ]);
  });

  it('sees the environment read, and not its mention', () => {
    expect(parseModule('a.ts', `const x = process.env['PORT']`).readsEnvironment).toBe(true);
    expect(parseModule('a.ts', `const x = process['env'].PORT`).readsEnvironment).toBe(true);
    expect(parseModule('a.ts', `// process.env`).readsEnvironment).toBe(false);
  });
});
