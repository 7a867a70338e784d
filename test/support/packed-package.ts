import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromGlobalSetup } from './environment.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A folder in which another service has installed the package as `npm pack` makes it, and all that
 * it says it depends on. It goes with the folder of the run.
 */
export async function installPackage(): Promise<string> {
  const folder = await mkdtemp(join(fromGlobalSetup('TEST_RUN_FOLDER'), 'installed-'));
  const pack = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: ROOT, maxBuffer: 16_777_216 });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  await run('tar', ['-xzf', packed.filename], { cwd: folder });
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await rename(join(folder, 'package'), join(modules, 'tollgate'));

  const manifest = await readFile(join(modules, 'tollgate', 'package.json'), 'utf8');
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return folder;
}

/** The one block of code in a document that contains a text, without its fence. */
export async function readCode(document: string, text: string): Promise<string> {
  const page = await readFile(join(ROOT, document), 'utf8');
  const blocks = [...page.matchAll(/^( *)```\w+\n(.*?)^ *```$/gms)];
  const found = blocks.filter(([, , code = '']) => code.includes(text));
  const [block, ...others] = found;
  if (block === undefined || others.length > 0) {
    throw new Error(`${document} has ${found.length} blocks with ${text}, expected one`);
  }
  const [, indent = '', code = ''] = block;
  return code.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
