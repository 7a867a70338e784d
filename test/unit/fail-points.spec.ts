import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readConfig } from '../../src/config/config.js';
import {
  armFailPoints,
  FAIL_POINTS,
  failPoint,
  failPointOfEach,
  readFailPoint,
  type ArmedPoint,
} from '../../src/fail-points.js';
import { SECRET_PREFIXES } from '../../src/providers/providers.js';

function arm(...entries: readonly string[]): void {
  armFailPoints(entries.map((entry) => readFailPoint(entry) as ArmedPoint));
}

afterEach(() => armFailPoints([]));

describe('an entry of FAILPOINTS', () => {
  it.each([
    ['apply.claimed', { detail: null, pass: null, action: 'kill' }],
    ['apply.claimed:charge.succeeded', { detail: 'charge.succeeded', pass: null, action: 'kill' }],
    ['apply.claimed#3', { detail: null, pass: 3, action: 'kill' }],
    ['apply.claimed=hang', { detail: null, pass: null, action: 'hang' }],
    ['apply.claimed=block:5000', { detail: null, pass: null, action: { blockMs: 5000 } }],
    ['apply.claimed:sha256:ab#2=throw', { detail: 'sha256:ab', pass: 2, action: 'throw' }],
  ])('%s is read', (entry, rest) => {
    expect(readFailPoint(entry)).toEqual({ name: 'apply.claimed', ...rest });
  });

  it.each([
    ['apply.claimd', 'there is no fail point apply.claimd'],
    ['', 'expected name[:detail][#pass][=action], found '],
    ['apply.claimed:', 'expected name[:detail][#pass][=action], found apply.claimed:'],
    ['apply.claimed#0', 'expected name[:detail][#pass][=action], found apply.claimed#0'],
    ['apply.claimed=die', 'expected kill, exit, throw, hang or block:<milliseconds>, found'],
    ['apply.claimed=block', 'expected kill, exit, throw, hang or block:<milliseconds>, found'],
    ['apply.claimed=hang:5', 'expected kill, exit, throw, hang or block:<milliseconds>, found'],
  ])('%j is refused', (entry, problem) => {
    expect(readFailPoint(entry)).toEqual(expect.stringContaining(problem));
  });

  it('is refused with all the others that cannot be used', () => {
    const FAILPOINTS = 'apply.claimd, apply.claimed=die,apply.claimed';
    const read = () => readConfig({ FAILPOINTS, PORT: 'x' }, SECRET_PREFIXES);
    expect(read).toThrow(/PORT.*FAILPOINTS: there is no .*FAILPOINTS: expected kill/s);
  });
});

describe('a fail point', () => {
  it('does nothing unless it is armed', () => {
    for (const name of FAIL_POINTS) expect(failPoint(name)).toBeUndefined();
    arm('apply.claimed=throw');
    expect(failPoint('apply.committed')).toBeUndefined();
  });

  it('throws', () => {
    arm('apply.claimed=throw');
    expect(() => failPoint('apply.claimed')).toThrow('fail point apply.claimed');
  });

  it('passes over what has another detail', async () => {
    arm('apply.claimed:bad=throw');
    expect(failPoint('apply.claimed', 'good')).toBeUndefined();
    expect(() => failPoint('apply.claimed', 'bad')).toThrow();
    const names = (one: string) => [one, `id of ${one}`];
    await failPointOfEach('apply.claimed', ['good', 'better'], names);
    await expect(failPointOfEach('apply.claimed', ['good', 'bad'], names)).rejects.toThrow();
  });

  it('counts passes, and does something at the one that is named only', () => {
    arm('apply.claimed:bad#2=throw');
    expect(failPoint('apply.claimed', 'bad')).toBeUndefined();
    expect(failPoint('apply.claimed', 'good')).toBeUndefined();
    expect(() => failPoint('apply.claimed', 'bad')).toThrow();
    expect(failPoint('apply.claimed', 'bad')).toBeUndefined();
  });

  it('counts passes of its own where several are armed', () => {
    arm('apply.claimed#1=throw', 'apply.committed#1=throw');
    expect(() => failPoint('apply.claimed')).toThrow('apply.claimed');
    expect(() => failPoint('apply.committed')).toThrow('apply.committed');
  });

  it('hangs for ever, and nothing else does', async () => {
    arm('apply.claimed=hang');
    const first = await Promise.race([
      failPoint('apply.claimed')?.then(() => 'it went on'),
      new Promise((resolve) => setImmediate(resolve, 'others went on')),
    ]);
    expect(first).toBe('others went on');
  });

  it('blocks everything for a while', () => {
    arm('apply.claimed=block:20');
    const startedAtMs = performance.now();
    void failPoint('apply.claimed');
    // Nothing could come in between: this is no race with a timer.
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(19);
  });

  it.each([
    ['kill', { status: null, signal: 'SIGKILL' }],
    ['exit', { status: 1, signal: null }],
  ])('ends the process by %s', (action, end) => {
    const program = `
      import { armFailPoints, failPoint, readFailPoint } from './src/fail-points.ts';
      armFailPoints([readFailPoint('apply.claimed=${action}')]);
      await failPoint('apply.claimed');
      console.log('still there');`;
    const { stdout, status, signal } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    );
    expect({ stdout, status, signal }).toEqual({ stdout: '', ...end });
  });
});
