/**
 * The value below which a share of all values lies, out of a histogram: within the bucket that holds
 * it, values count as evenly spread. Above the last bound nobody knows more than that bound.
 * @param bounds upper bounds of the buckets, rising; the counts have one more, for what is above
 * @param share 0 to 1
 * @returns null when there are no values
 */
export function percentile(
  bounds: readonly number[],
  counts: readonly number[],
  share: number,
): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const wanted = share * all;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0 && below + count >= wanted) {
      const from = bounds[index - 1] ?? 0;
      return from + ((bound - from) * (wanted - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
