import type { ExaminedConfig } from '../../../config/examine.js';
import { ok, warn, type Check } from './check.js';

/** The tokens of the HTTP interface: whether there are any, and whether they are kept well. */
export function checkTokens({ config, usable, hasPlainTokens }: ExaminedConfig): Check[] {
  const name = 'tokens';
  const { API_TOKENS, NODE_ENV } = usable;
  if (config?.usesDevelopmentToken === true) {
    return [warn(name, 'the development token', 'everybody knows it: set API_TOKENS')];
  }
  if (API_TOKENS.length === 0) {
    return [warn(name, 'none', 'nobody can read anything: set API_TOKENS')];
  }
  const problems = findShared(name, API_TOKENS);
  if (hasPlainTokens && NODE_ENV === 'production') {
    problems.push(
      warn(
        name,
        'some stand in API_TOKENS themselves',
        'keep their digests: name:role:sha256=$(printf %s "$TOKEN" | sha256sum | cut -d " " -f 1)',
      ),
    );
  }
  if (problems.length > 0) return problems;
  return [ok(name, API_TOKENS.map((one) => `${one.name} (${one.role})`).join(', '))];
}

type Tokens = ExaminedConfig['usable']['API_TOKENS'];

/** Who shares a token acts under the name of whoever stands first. */
function findShared(name: string, tokens: Tokens): Check[] {
  const digests = tokens.map(({ digest }) => digest.toString('hex'));
  return tokens.flatMap((token, index) => {
    const first = tokens[digests.indexOf(digests[index] ?? '')];
    if (first === undefined || first === token) return [];
    const found = `${token.name} has the token of ${first.name}`;
    return [warn(name, found, `the audit would name ${first.name} for both: give each its own`)];
  });
}
