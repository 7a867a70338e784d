import { readFileSync } from 'node:fs';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      resolved: z.string().optional(),
      optionalDependencies: z.record(z.string(), z.string()).default({}),
      hasInstallScript: z.boolean().default(false),
    }),
  ),
});
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

describe('package-lock.json', () => {
  const { packages } = lockSchema.parse(read('package-lock.json'));

  it('names the optional packages of every platform, or npm ci refuses it', () => {
    const wanted = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies));
    const missing = wanted.filter((name) => packages[`node_modules/${name}`] === undefined);
    // If not: node scripts/complete-lock.mjs
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('runs no install script that nobody decided about', () => {
    const manifest = z
      .object({ allowScripts: z.record(z.string(), z.boolean()) })
      .parse(read('package.json'));
    const names = Object.entries(packages)
      .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    expect(names.filter((name) => manifest.allowScripts[name] === undefined)).toEqual([]);
  });
});
