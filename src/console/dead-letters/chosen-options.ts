/** What a filter offers: what there is, and what is chosen even if there is none of it any more. */
export function chosenOptions(
  found: readonly string[],
  chosen: string | undefined,
): readonly string[] {
  const options = new Set(chosen === undefined ? found : [...found, chosen]);
  options.delete('');
  return [...options].sort();
}
