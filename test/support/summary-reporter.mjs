import { openRunLogs, removeRunLogs, searchRunLogs } from './run-logs.mjs';

/** So many files of tests that start services are never without a line in a log. */
const FILES_THAT_LOG = 10;
const LEAKS_SHOWN = 20;

/**
 * Prints the counts as the last line of a run, in the one form that every CI can read:
 * `N passed, N failed`, and `, N skipped` when there are any. Before that it searches what was
 * logged in the run for secrets and card numbers; one that is found is a failure.
 */
export default class SummaryReporter {
  #failure;
  #logs;

  /** Before any test: their processes take the folder over from ours. */
  onRunStart() {
    this.#logs = openRunLogs();
  }

  /** Jest calls this when everything, the global teardown excepted, is done. */
  onRunComplete(_contexts, results) {
    const problem = this.#searchLogs(results);
    if (problem !== null) {
      this.#failure = new Error(problem);
      console.error(`\nThe logs of this run: ${problem}`);
    }
    // A file that could not even be loaded has no failed test in it, but is a failure.
    const failed =
      results.numFailedTests + results.numRuntimeErrorTestSuites + (problem === null ? 0 : 1);
    const skipped = results.numPendingTests + results.numTodoTests;
    if (failed === 0 && results.numPassedTests === 0) {
      this.#failure = new Error('No test was run.');
    }
    // After the summary of the default reporter, which also writes to stderr.
    const line = `${results.numPassedTests} passed, ${failed} failed`;
    process.on('exit', () => {
      process.stderr.write('');
      console.log(skipped === 0 ? line : `${line}, ${skipped} skipped`);
    });
  }

  /** What is wrong with the logs; null: nothing. */
  #searchLogs({ testResults }) {
    const { TEST_RUN_FOLDER: ofServers } = process.env;
    const folders = ofServers === undefined ? [this.#logs] : [this.#logs, ofServers];
    const { files, lines, secrets, leaks } = searchRunLogs(...folders);
    removeRunLogs(this.#logs);
    const logging = testResults.filter(({ testFilePath }) => testFilePath.includes('/test/e2e/'));
    if (logging.length >= FILES_THAT_LOG && (lines === 0 || secrets === 0)) {
      return `nothing was searched: ${lines} lines for ${secrets} secrets`;
    }
    if (leaks.length === 0) {
      console.error(
        `\nThe logs of this run: none of ${secrets} secrets and no card number ` +
          `in ${lines} lines of ${files} logs.`,
      );
      return null;
    }
    const shown = leaks
      .slice(0, LEAKS_SHOWN)
      .map(({ file, what, line }) => `  ${file}: ${what} in ${line}`);
    return [`${leaks.length} secrets or card numbers`, ...shown].join('\n');
  }

  /** Fails a run without a single test, which Jest would otherwise call a success. */
  getLastError() {
    return this.#failure;
  }
}
