/** What the contenders are compared with. */
export const BASELINES = ['bare', 'tutorial'];

/**
 * @typedef {{ median: number, min: number, max: number }} Spread
 */

/**
 * Median, least and most of each figure by contender, in the order of the contenders. A turn in
 * which something acknowledged was missing has no figures: it is only counted.
 */
export function summarize(turns) {
  const contenders = [...new Set(turns.map(({ contender }) => contender))];
  const summaries = contenders.map((contender) => {
    const all = turns.filter((turn) => turn.contender === contender).map(({ result }) => result);
    const counted = all.filter(({ missing }) => missing === 0);
    return {
      contender,
      perSecond: spread(counted, 'perSecond'),
      p50Ms: spread(counted, 'p50Ms'),
      p99Ms: spread(counted, 'p99Ms'),
      idleP50Ms: spread(counted, 'idleP50Ms'),
      idleP99Ms: spread(counted, 'idleP99Ms'),
      clientMicros: spread(counted, 'clientMicros'),
      serverMicros: spread(counted, 'serverMicros'),
      postgresMicros: spread(counted, 'postgresMicros'),
      othersShare: spread(counted, 'othersShare'),
      finishedShare: contender.hasWorker ? spread(counted, 'finishedShare') : null,
      refused: total(all, 'refused'),
      missing: total(all, 'missing'),
    };
  });
  return summaries.map((summary) => ({ ...summary, ratios: ratiosOf(summary, summaries) }));
}

/** Acknowledgements per second relative to each baseline; NaN for one that did not run. */
function ratiosOf(summary, summaries) {
  return BASELINES.map((name) => {
    const baseline = summaries.find(({ contender }) => contender.name === name);
    return summary.perSecond.median / (baseline?.perSecond.median ?? Number.NaN);
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
