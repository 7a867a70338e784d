import { describe } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { findProgram, installDebianPackage } from './debian-package.mjs';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MISSING =
  'NOT TESTED: the console in a browser. There is no CHROMIUM_PATH, no chromium or google-chrome ' +
  'on the PATH, and none could be installed. Install one, or set CHROMIUM_PATH.';

/** It asks nobody but the service under test: no updates, no lists, no lookups. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

const program = findBrowser();

/**
 * Runs a suite that needs a real browser. Without one it is shown as skipped, with the reason in
 * its name; on CI the run fails.
 */
export function describeInBrowser(name: string, suite: () => void): void {
  if (program !== null) describe(name, suite);
  else describe.skip(`${name} (NOT TESTED: no Chromium was found)`, suite);
}

/** A browser with nothing in it. */
export interface TestBrowser {
  /** A profile of its own: what one person sees. */
  person(options?: PersonOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

export interface PersonOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

const HEIGHT = 900;
const WIDTH = 1280;
const TIMEOUT_MS = 15_000;

export async function openBrowser(): Promise<TestBrowser> {
  if (program === null) throw new Error(MISSING);
  const home = await mkdtemp(join(tmpdir(), 'tollgate-browser-'));
  const browser = await chromium.launch({
    executablePath: program,
    args: FLAGS,
    // Whoever runs the tests may have no home that can be written to.
    env: { ...process.env, HOME: home },
  });
  return {
    async person({ width = WIDTH, colorScheme = 'light', javaScriptEnabled = true } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: HEIGHT },
        colorScheme,
        javaScriptEnabled,
      });
      context.setDefaultTimeout(TIMEOUT_MS);
      return context;
    },
    async close() {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** @throws Error when there is none and CI=true; elsewhere it only says what is not tested */
function findBrowser(): string | null {
  const given = process.env['CHROMIUM_PATH'];
  if (given) return given;
  let found = findProgram(PROGRAMS);
  if (found === null) {
    installDebianPackage('chromium');
    found = findProgram(PROGRAMS);
  }
  if (found === null && process.env['CI'] === 'true') throw new Error(MISSING);
  if (found === null) console.warn(`\n${MISSING}`);
  return found;
}
