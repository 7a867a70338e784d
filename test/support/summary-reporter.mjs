/**
 * Prints the counts as the last line of a run, in the one form that every CI can read:
 * `N passed, N failed`, and `, N skipped` when there are any.
 */
export default class SummaryReporter {
  #failure;

  /** Jest calls this when everything, the global teardown excepted, is done. */
  onRunComplete(_contexts, results) {
    // A file that could not even be loaded has no failed test in it, but is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
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

  /** Fails a run without a single test, which Jest would otherwise call a success. */
  getLastError() {
    return this.#failure;
  }
}
