const MASK = '•••';

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
function maskAt(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.length === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((one, index) => maskEntry(String(index), one, paths));
  }
  const entries = Object.entries(value).map(([key, one]) => [key, maskEntry(key, one, paths)]);
  return Object.fromEntries(entries) as unknown;
}

function maskEntry(key: string, value: unknown, paths: readonly (readonly string[])[]): unknown {
  const left = paths.flatMap((path) => follow(path, key));
  if (left.some((path) => path.length === 0)) return value === null ? null : MASK;
  return maskAt(value, left);
}

/** What is left of a path after a key: nothing of it, or what the next levels are held against. */
function follow(path: readonly string[], key: string): (readonly string[])[] {
  const [head, ...rest] = path;
  if (head === undefined) return [];
  if (head === '**') return [path, ...follow(rest, key)];
  return head === '*' || head === key ? [rest] : [];
}
