/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 *
 * @typedef {object} Turn one turn of one contender
 * @property {number} round
 * @property {import('./contenders.mjs').Contender} contender
 * @property {{ figures: Record<string, number>, missing: number, refused: number } | { failed: string }}
 *   result `missing`: acknowledged and not stored; `refused`: not answered as expected
 */

/** A turn counts when it came to its end and nothing that was acknowledged is missing. */
export function counts({ result }) {
  return result.failed === undefined && result.missing === 0;
}

/**
 * Median, least and most of each figure by contender, in the order of the contenders. A turn that
 * does not count has no figures: it is only counted.
 * @param {Turn[]} turns
 */
export function summarize(turns) {
  const contenders = [...new Set(turns.map(({ contender }) => contender))];
  return contenders.map((contender) => {
    const all = turns.filter((turn) => turn.contender === contender);
    const counted = all.filter(counts).map(({ result }) => result.figures);
    const results = all.map(({ result }) => result).filter(({ failed }) => failed === undefined);
    const names = [...new Set(counted.flatMap((figures) => Object.keys(figures)))];
    return {
      contender,
      figures: Object.fromEntries(names.map((name) => [name, spread(counted, name)])),
      refused: total(results, 'refused'),
      missing: total(results, 'missing'),
      failed: all.length - results.length,
    };
  });
}

/** @returns {Spread} of one figure of all results */
export function spread(results, figure) {
  return spreadOf(results.map((result) => result[figure]));
}

/** @returns {Spread} */
export function spreadOf(numbers) {
  const values = numbers.toSorted((one, other) => one - other);
  const { length } = values;
  if (length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN };
  const middle = (values[Math.floor((length - 1) / 2)] + values[Math.ceil((length - 1) / 2)]) / 2;
  return { median: middle, min: values[0], max: values[length - 1] };
}

export function total(results, figure) {
  return results.reduce((sum, result) => sum + result[figure], 0);
}
