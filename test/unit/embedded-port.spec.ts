import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort, rememberPort } from '../../src/database/embedded-port.js';
import { freePort } from '../support/free-port.mjs';

describe('the port of the embedded PostgreSQL', () => {
  let folder: string;
  let portFile: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-port-'));
    portFile = join(folder, 'port');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the one of last time', async () => {
    const port = await freePort();
    rememberPort(portFile, port);
    expect(await choosePort(portFile, null)).toBe(port);
  });

  it('is another when the service itself is going to listen there', async () => {
    const port = await freePort();
    rememberPort(portFile, port);
    expect(await choosePort(portFile, port)).not.toBe(port);
  });

  it('is any free one when what was remembered is no port', async () => {
    for (const text of ['', 'none', '0', '70000']) {
      writeFileSync(portFile, text);
      expect(await choosePort(portFile, null)).toBeGreaterThan(0);
    }
  });
});
