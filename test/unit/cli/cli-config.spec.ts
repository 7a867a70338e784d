import { describe, expect, it } from '@jest/globals';
import { readCliConfig } from '../../../src/config/cli.js';
import { environmentSchema } from '../../../src/config/environment.js';
import { DEVELOPMENT_TOKEN } from '../../../src/config/tokens.js';

const DIGEST = `ops:operator:sha256=${'0'.repeat(64)}`;

describe('where the service is', () => {
  it('is where it listens by default', () => {
    const { HOST, PORT } = environmentSchema.parse({});
    expect(readCliConfig({}).url).toBe(`http://${HOST}:${PORT}`);
  });

  it.each([
    [{ TOLLGATE_URL: 'https://tollgate.example' }, 'https://tollgate.example'],
    [{ HOST: '10.0.0.1', PORT: '8080' }, 'http://10.0.0.1:8080'],
    [{ HOST: '0.0.0.0' }, 'http://127.0.0.1:3000'],
    [{ HOST: '::' }, 'http://[::1]:3000'],
    [{ HOST: '::1' }, 'http://[::1]:3000'],
    [{ HOST: '', PORT: '', TOLLGATE_URL: '' }, 'http://127.0.0.1:3000'],
  ])('%j → %s', (environment, url) => {
    expect(readCliConfig(environment).url).toBe(url);
  });
});

describe('as whom one speaks to it', () => {
  it.each([
    ['its own token first', { TOLLGATE_TOKEN: 'mine', API_TOKENS: 'a:viewer:theirs' }, 'mine'],
    ['the first plain one', { API_TOKENS: `${DIGEST},a:viewer:theirs` }, 'theirs'],
    ['none of digests', { API_TOKENS: DIGEST }, null],
    ['that of development', {}, DEVELOPMENT_TOKEN],
    ['none in production', { NODE_ENV: 'production' }, null],
  ])('takes %s', (_what, environment, token) => {
    expect(readCliConfig(environment).token).toBe(token);
  });
});

describe('colours', () => {
  it('are off with NO_COLOR, unless it is empty', () => {
    expect(readCliConfig({ NO_COLOR: '1' }).isColourless).toBe(true);
    expect(readCliConfig({ NO_COLOR: '' }).isColourless).toBe(false);
  });
});
