import { register as registerHooks } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { register as registerTypeScript } from 'tsx/esm/api';
import { collect } from './globals.mjs';

/** These try thousands of cases: too slow to ask them about thousands of mutants. */
const SEARCHES =
  /in every order|however the events are grouped|what facts can lead to|never fails otherwise than/;

/**
 * Runs specs against mutants within one process, as a test runner of Stryker: Jest looks through the
 * whole tree and loads every file anew for each mutant, which takes a hundred times as long as the
 * tests of code without I/O. A mutant of what is computed while a module is loaded gets new modules.
 */
class InProcessRunner {
  static inject = ['options'];
  #context;
  #specs;
  #version = 0;
  #loaded = new Map();

  constructor({ inProcess }) {
    this.#specs = inProcess.specs;
    this.#context = globalThis.__stryker__ = {};
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  init() {
    registerTypeScript();
    registerHooks('./fresh-modules.mjs', import.meta.url);
    // The same cases for every mutant. A counterexample kills it; nobody reads the smallest one.
    fc.configureGlobal({ seed: 1, endOnFailure: true });
    process.on('unhandledRejection', () => undefined); // a mutant may forget to wait
  }

  async dryRun() {
    const tests = [];
    for (const spec of this.#specs) {
      for await (const test of this.#eachOf(spec, () => true)) {
        const startedAt = performance.now();
        const error = await this.#run(test);
        const timeSpentMs = performance.now() - startedAt;
        const { id } = test;
        const result = { id, name: id, fileName: spec, timeSpentMs };
        tests.push(
          error ? { ...result, status: 1, failureMessage: error } : { ...result, status: 0 },
        );
      }
    }
    return { status: 'complete', tests, mutantCoverage: this.#context.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, reloadEnvironment, sandboxFileName }) {
    if (reloadEnvironment) this.#forgetModules();
    const mutant = { activeMutant: activeMutant.id, hitLimit, hitCount: 0 };
    let nrOfTests = 0;
    try {
      for (const spec of nearestFirst(this.#specs, sandboxFileName)) {
        if (testFilter && !testFilter.some((id) => id.startsWith(`${spec}: `))) continue;
        if (!reloadEnvironment) await this.#testsOf(spec); // loaded without the mutant
        Object.assign(this.#context, mutant);
        const { ran, failed } = await this.#runUntilFailure(spec, testFilter);
        Object.assign(this.#context, NO_MUTANT);
        nrOfTests += ran;
        if (failed) return toVerdict(failed, nrOfTests);
      }
      return { status: 'survived', nrOfTests };
    } catch (error) {
      return { status: 'error', errorMessage: String(error) }; // the spec could not be loaded
    } finally {
      Object.assign(this.#context, NO_MUTANT);
      if (reloadEnvironment) this.#forgetModules();
    }
  }

  #forgetModules() {
    this.#version += 1;
    this.#loaded.clear();
  }

  async #runUntilFailure(spec, testFilter) {
    let ran = 0;
    const isWanted = testFilter ? (id) => testFilter.includes(id) : () => true;
    for await (const test of this.#eachOf(spec, isWanted)) {
      ran += 1;
      const message = await this.#run(test);
      if (message) return { ran, failed: { id: test.id, message } };
    }
    return { ran, failed: null };
  }

  async #testsOf(spec) {
    const known = this.#loaded.get(spec);
    if (known) return known;
    const url = `${pathToFileURL(resolve(spec)).href}?v=${this.#version}`;
    const tests = flatten(await collect(() => import(url)), `${spec}:`);
    this.#loaded.set(spec, tests);
    return tests;
  }

  /** Tests of a spec, between what it does before and after all of them. */
  async *#eachOf(spec, isWanted) {
    const begun = new Set();
    try {
      for (const test of await this.#testsOf(spec)) {
        if (!isWanted(test.id)) continue;
        const beginning = groupsOf(test.group).filter((group) => !begun.has(group));
        await runHooks(beginning.reverse(), 'beforeAll');
        for (const group of beginning) begun.add(group);
        yield test;
      }
    } finally {
      await runHooks([...begun], 'afterAll');
    }
  }

  /** Runs a test; returns why it failed. */
  async #run({ id, run, group }) {
    const groups = groupsOf(group);
    this.#context.currentTestId = id;
    try {
      await runHooks(groups.toReversed(), 'beforeEach');
      try {
        await run();
      } finally {
        await runHooks(groups, 'afterEach');
      }
      return undefined;
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
    } finally {
      this.#context.currentTestId = undefined;
    }
  }
}

const NO_MUTANT = { activeMutant: undefined, hitLimit: undefined };

/** What a failed test says about a mutant: Stryker throws where one goes round and round. */
function toVerdict({ id, message }, nrOfTests) {
  if (message.startsWith('Error: Stryker: Hit count limit')) return { status: 'timeout' };
  return { status: 'killed', killedBy: [id], failureMessage: message, nrOfTests };
}

async function runHooks(groups, kind) {
  for (const group of groups) for (const hook of group[kind]) await hook();
}

/** The tests of a group and of those in it, with names that are unique. */
function flatten(group, prefix) {
  return group.members.flatMap((member) => {
    const id = `${prefix} ${member.name}`;
    if (!member.isTest) return flatten(member, id);
    return SEARCHES.test(id) ? [] : [{ id, run: member.run, group }];
  });
}

/** A group and those around it, the innermost first. */
function groupsOf(group) {
  return group === null ? [] : [group, ...groupsOf(group.parent)];
}

/** Specs with a name like that of the file first: they are the most likely to notice. */
function nearestFirst(specs, fileName) {
  const wanted = basename(fileName);
  const likeness = (spec) => {
    const name = basename(spec);
    let at = 0;
    while (at < name.length && name[at] === wanted[at]) at += 1;
    return at;
  };
  return specs.toSorted((one, other) => likeness(other) - likeness(one));
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner },
];
