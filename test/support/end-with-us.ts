import { spawnSync } from 'node:child_process';

/**
 * What to put before a command so that whatever a failed or interrupted test leaves behind ends with
 * the test process, however that ends. Listening for `exit` would not do: in a test `process` is
 * a copy that Jest made, and nobody tells it. Empty where there is no `setpriv` of util-linux.
 */
export const END_WITH_US: readonly string[] =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
    ? ['setpriv', '--pdeathsig', 'KILL']
    : [];

const [execPath, ...execArgv] = [...END_WITH_US, process.execPath];

/** The same for `fork`. */
export const FORK_THAT_ENDS_WITH_US = { execPath, execArgv };
