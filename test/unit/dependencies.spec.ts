import { Ajv } from 'ajv';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { countPackages } from '../../scripts/dependency-sizes.mjs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const names = z.record(z.string(), z.string()).default({});
const manifestSchema = z.object({ dependencies: names, devDependencies: names });
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      license: z.string().optional(),
      integrity: z.string().optional(),
      dev: z.boolean().default(false),
      optional: z.boolean().default(false),
      os: z.array(z.string()).optional(),
      cpu: z.array(z.string()).optional(),
    }),
  ),
});

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const manifest = manifestSchema.parse(JSON.parse(read('package.json')));
const lock = lockSchema.parse(JSON.parse(read('package-lock.json')));
const page = read('docs/dependencies.md');
const entries = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Name, packages and licence of each row of a table, under a heading of the page. */
function rowsUnder(heading: string): { name: string; packages: string; licence: string }[] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.matchAll(/^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|/gm);
  return [...rows].map(([, name, packages, , licence]) => ({
    name: name!,
    packages: packages!,
    licence: licence!,
  }));
}

describe('docs/dependencies.md', () => {
  const TABLES = [
    ['At run time', manifest.dependencies],
    ['For building and testing', manifest.devDependencies],
  ] as const;

  it.each(TABLES)('has a row for every package and no other: %s', (heading, dependencies) => {
    expect(rowsUnder(heading).map(({ name }) => name)).toEqual(Object.keys(dependencies).sort());
  });

  it.each(TABLES)('counts what each of them brings: %s', (heading) => {
    for (const { name, packages } of rowsUnder(heading)) {
      const { all, own } = countPackages(lock, name);
      // If not: node scripts/dependency-sizes.mjs
      expect(`${name}: ${packages}`).toBe(`${name}: ${own.size} of ${all.size}`);
    }
  });

  it.each(TABLES)('says the licence of each of them: %s', (heading) => {
    for (const { name, licence } of rowsUnder(heading)) {
      const { license } = lock.packages[`node_modules/${name}`]!;
      expect(`${name}: ${licence.split(';')[0]!}`).toBe(`${name}: ${license ?? ''}`);
    }
  });

  it('repeats no version, but of what was looked at for known vulnerabilities', () => {
    const tables = page.split('## Known vulnerabilities')[0]!;
    expect(tables.match(/(?<![\w-])\d+\.\d+\.\d+\b/g) ?? []).toEqual([]);
  });

  it('compares with the versions that are in the lock', () => {
    const section = page.split('## Known vulnerabilities')[1] ?? '';
    const rows = [...section.matchAll(/^\| (`.*`) \| .* \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(5);
    for (const [, cell, versions] of rows) {
      const wanted = [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      const found = entries
        .filter(([path, { dev }]) => !dev && wanted.includes(nameAt(path)))
        .map(([, { version }]) => version);
      expect({ cell, versions: [...new Set(versions!.split(', '))].sort() }).toEqual({
        cell,
        versions: [...new Set(found)].sort(),
      });
    }
  });
});

describe('the manifest', () => {
  it('names exact versions, so that every machine gets the same', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    expect(all.length).toBeGreaterThan(40);
  });

  it('names the versions of the lock', () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const other = all.filter(
      ([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version,
    );
    expect(other).toEqual([]);
  });

  /** What is there for others: what asks for it, and nothing of ours imports it. */
  const NOT_IMPORTED: Readonly<Record<string, string>> = {
    '@fastify/static': '@nestjs/swagger',
    rxjs: '@nestjs/common',
  };

  it('has nothing at run time that nobody uses', () => {
    const sources = sourceOf('src') + sourceOf('migrations');
    const unused = Object.keys(manifest.dependencies).filter(
      (name) => !new RegExp(`['"]${name.replaceAll('.', '\\.')}(?:/[^'"]*)?['"]`).test(sources),
    );
    expect(unused.sort()).toEqual(Object.keys(NOT_IMPORTED).sort());
    for (const [name, user] of Object.entries(NOT_IMPORTED)) {
      const { peerDependencies } = JSON.parse(read(`node_modules/${user}/package.json`)) as {
        peerDependencies?: Readonly<Record<string, string>>;
      };
      expect(Object.keys(peerDependencies ?? {})).toContain(name);
    }
  });
});

function sourceOf(folder: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => read(join(folder, path)))
    .join('\n');
}

describe('the licences of what is installed', () => {
  const RUNTIME = [
    'MIT',
    'ISC',
    '0BSD',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'Python-2.0', // argparse, of js-yaml: the text travels along, nothing else
    '(MIT OR CC0-1.0)',
  ];
  /** Used while building and testing, and not passed on. */
  const DEV = [
    ...RUNTIME,
    'Apache-2.0 AND MIT',
    'MPL-2.0', // axe-core, loaded into a test browser
    'CC-BY-4.0', // caniuse-lite: data
  ];

  /** Of its own, or of what it is the part for one machine of: those have none in the lock. */
  function licenceOf(path: string): string {
    const own = lock.packages[path]!;
    if (own.license !== undefined) return own.license;
    const installed = join(ROOT, path, 'package.json');
    if (existsSync(installed)) {
      const { license } = JSON.parse(readFileSync(installed, 'utf8')) as { license?: string };
      if (license !== undefined) return license;
    }
    const isForOneMachine = own.optional && (own.os ?? own.cpu) !== undefined;
    const parents = entries.filter(([, { optionalDependencies }]) =>
      Object.keys((optionalDependencies as object | undefined) ?? {}).includes(nameAt(path)),
    );
    return isForOneMachine && parents.length === 1 ? licenceOf(parents[0]![0]) : 'unknown';
  }

  it.each([
    ['run time', false, RUNTIME],
    ['building and testing', true, DEV],
  ] as const)('are ones that we can live with: %s', (_what, isDev, allowed) => {
    const chosen = entries.filter(([, { dev }]) => dev === isDev);
    const others = chosen
      .map(([path]) => `${path}: ${licenceOf(path)}`)
      .filter((line) => !allowed.some((licence) => line.endsWith(`: ${licence}`)));
    expect(others).toEqual([]);
    expect(chosen.length).toBeGreaterThan(200);
  });

  it('are all of them used', () => {
    const found = new Set(entries.map(([path]) => licenceOf(path)));
    expect(DEV.filter((licence) => !found.has(licence))).toEqual([]);
  });
});

/** The name of a package, as the path of a lock has it. */
function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** What scanners count on in a bill of materials. @see https://cyclonedx.org/docs/1.5/json/ */
const CYCLONE_DX = {
  type: 'object',
  required: ['bomFormat', 'specVersion', 'version', 'serialNumber', 'metadata', 'components'],
  properties: {
    bomFormat: { const: 'CycloneDX' },
    specVersion: { const: '1.5' },
    version: { type: 'integer', minimum: 1 },
    serialNumber: { type: 'string', pattern: '^urn:uuid:[0-9a-f-]{36}$' },
    metadata: {
      type: 'object',
      properties: {
        component: {
          type: 'object',
          required: ['type', 'name', 'version', 'purl'],
          properties: { type: { const: 'application' }, name: { const: 'tollgate' } },
        },
      },
    },
    components: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'name', 'version', 'purl', 'bom-ref'],
        properties: {
          type: { const: 'library' },
          purl: { type: 'string', pattern: '^pkg:npm/' },
          scope: { enum: ['required', 'optional'] },
          hashes: {
            type: 'array',
            items: {
              type: 'object',
              required: ['alg', 'content'],
              properties: { content: { type: 'string', pattern: '^[0-9a-f]{128}$' } },
            },
          },
        },
      },
    },
  },
};
interface Bom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly 'bom-ref': string;
    readonly hashes?: unknown;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe('npm run sbom', () => {
  let folder: string;
  let bom: Bom;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-sbom-'));
    const file = join(folder, 'bom.json');
    await run(process.execPath, [join(ROOT, 'scripts/sbom.mjs'), file], { cwd: folder });
    bom = JSON.parse(await readFile(file, 'utf8')) as Bom;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('writes CycloneDX', () => {
    const validate = new Ajv({ strict: false }).compile(CYCLONE_DX);
    expect(validate(bom) ? [] : validate.errors).toEqual([]);
  });

  it('has every package at run time, and no other', () => {
    const wanted = entries
      .filter(([, { dev }]) => !dev)
      .map(([path, one]) => `${nameAt(path)}@${one.version ?? ''}`);
    const found = bom.components.map(({ name, version }) => `${name}@${version}`);
    expect(found.sort()).toEqual([...new Set(wanted)].sort());
  });

  it('says what needs what, from Tollgate on', () => {
    const known = new Set(bom.components.map((one) => one['bom-ref']));
    const root = bom.dependencies.find(({ ref }) => !known.has(ref));
    expect(root?.dependsOn.length).toBe(Object.keys(manifest.dependencies).length);
    const named = bom.dependencies.flatMap(({ dependsOn }) => dependsOn);
    expect(named.filter((ref) => !known.has(ref))).toEqual([]);
  });

  it('has the hash of whatever the lock has one of', () => {
    const hashed = new Set(
      entries
        .filter(([, { dev, integrity }]) => !dev && integrity !== undefined)
        .map(([path, { version }]) => `${nameAt(path)}@${version ?? ''}`),
    );
    const without = bom.components.filter(({ hashes }) => hashes === undefined);
    expect(without.filter((one) => hashed.has(`${one.name}@${one.version}`))).toEqual([]);
  });
});
