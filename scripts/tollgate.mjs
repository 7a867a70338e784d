#!/usr/bin/env node
/**
 * The command `tollgate`: `npx tollgate …` in a checkout. There it sets up what is missing first,
 * as `npm start` does; an installed package has no sources, and its build is all that it needs.
 */
import { existsSync } from 'node:fs';

const setup = new URL('./setup.mjs', import.meta.url);
if (existsSync(setup)) (await import(setup.href)).setup();

await import(new URL('../dist/src/ops/cli/main.js', import.meta.url).href);
