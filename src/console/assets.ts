import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A file that pages of the console load. */
export interface Asset {
  readonly body: Buffer;
  readonly contentType: string;
  /** Path with a hash of the content in it: what it names never changes. */
  readonly url: string;
}

const CONTENT_TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

const HASH_CHARACTERS = 16;
const resolvePackage = createRequire(import.meta.url).resolve;

/** All of them come from here: no page asks another host for anything. */
export const ASSETS = {
  'console.css': load('console.css', new URL('assets/console.css', import.meta.url)),
  'console.js': load('console.js', new URL('assets/console.js', import.meta.url)),
  'plots.js': load('plots.js', new URL('assets/plots.js', import.meta.url)),
  'icon.svg': load('icon.svg', new URL('assets/icon.svg', import.meta.url)),
  'htmx.js': load('htmx.js', resolvePackage('htmx.org/dist/htmx.min.js')),
  'uplot.js': load('uplot.js', resolvePackage('uplot/dist/uPlot.iife.min.js')),
  'uplot.css': load('uplot.css', resolvePackage('uplot/dist/uPlot.min.css')),
} as const;

const BY_URL: ReadonlyMap<string, Asset> = new Map(
  Object.values(ASSETS).map((asset) => [asset.url, asset]),
);

/** The asset behind a path; undefined for any other path. */
export function findAsset(url: string): Asset | undefined {
  return BY_URL.get(url);
}

function load(name: `${string}.${keyof typeof CONTENT_TYPES}`, file: string | URL): Asset {
  const body = readFileSync(file);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, HASH_CHARACTERS);
  const [stem = '', extension = ''] = name.split('.');
  return {
    body,
    contentType: CONTENT_TYPES[extension as keyof typeof CONTENT_TYPES],
    url: `/console/assets/${stem}.${hash}.${extension}`,
  };
}
