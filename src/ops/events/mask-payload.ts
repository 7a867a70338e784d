const MASK = '•••';
/** Far beyond any payload; what lies deeper is not shown, since whoever reads it recurses too. */
const LEVELS_MAX = 100;

/**
 * A payload without personal data, for a person to read: what a path names is covered, and
 * everything else is as it was. Paths are keys joined by dots; `*` is one level of keys or list
 * entries, `**` any number of them.
 */
export function maskPayload(payload: unknown, paths: readonly string[]): unknown {
  return maskAt(
    payload,
    paths.map((path) => path.split('.')),
  );
}

/** @param paths what is left of each path at this level */
function maskAt(value: unknown, paths: readonly (readonly string[])[], level = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (level === LEVELS_MAX) return MASK;
  if (Array.isArray(value)) {
    return value.map((one, index) => maskEntry(String(index), one, paths, level));
  }
  const entries = Object.entries(value).map(([key, one]) => {
    return [key, maskEntry(key, one, paths, level)];
  });
  return Object.fromEntries(entries) as unknown;
}

function maskEntry(
  key: string,
  value: unknown,
  paths: readonly (readonly string[])[],
  level: number,
): unknown {
  const left = paths.flatMap((path) => follow(path, key));
  if (left.some((path) => path.length === 0)) return value === null ? null : MASK;
  return maskAt(value, left, level + 1);
}

/** What is left of a path after a key: nothing of it, or what the next levels are held against. */
function follow(path: readonly string[], key: string): (readonly string[])[] {
  const [head, ...rest] = path;
  if (head === undefined) return [];
  if (head === '**') return [path, ...follow(rest, key)];
  return head === '*' || head === key ? [rest] : [];
}
