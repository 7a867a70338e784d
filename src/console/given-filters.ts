/**
 * What somebody chose in a filter form: fields that were left empty are not filters. The functions
 * that are asked with it check the rest.
 */
export function givenFilters(query: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(typeof query === 'object' && query !== null ? query : {});
  return Object.fromEntries(
    entries
      .map(([name, value]) => [name, typeof value === 'string' ? value.trim() : ''] as const)
      .filter(([, value]) => value !== ''),
  );
}

/** The same filters but for some. */
export function withoutFilters(
  filters: Readonly<Record<string, string>>,
  ...names: readonly string[]
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name)));
}
