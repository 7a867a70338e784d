import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { END_WITH_US } from '../support/end-with-us.js';
import { eventually } from '../support/eventually.js';

const FOR_EVER = 'setInterval(() => undefined, 1000)';
/** Prints the process id of a process that it has started, and stays. */
const PARENT = `
  const [program, ...args] = [...JSON.parse(process.argv[1]), process.execPath, '-e', '${FOR_EVER}'];
  const options = { detached: true, stdio: 'ignore' };
  console.log(require('node:child_process').spawn(program, args, options).pid);
  ${FOR_EVER}`;

/** The command line of a process; empty when it has ended, whether or not somebody has noticed. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const onLinux = END_WITH_US.length > 0 ? it : it.skip;

describe('what a test starts', () => {
  onLinux('ends with the test process, even if that is killed', async () => {
    const parent = spawn(process.execPath, ['-e', PARENT, JSON.stringify(END_WITH_US)]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line);
    try {
      await eventually(() => {
        expect(commandOf(pid)).toContain(FOR_EVER);
      });
      parent.kill('SIGKILL');
      await eventually(() => {
        expect(commandOf(pid)).toBe('');
      });
    } finally {
      parent.kill('SIGKILL');
      if (commandOf(pid) !== '') process.kill(pid, 'SIGKILL');
    }
  });
});
