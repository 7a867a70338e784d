/** What a backlog may swing by without growing, in seconds of the rate: the relay has pauses. */
const SWING_SECONDS = 0.25;

/**
 * Whether a backlog grows while events come at a steady rate. The first third of the samples is
 * left out: there it finds its level. Then the means of the other two are compared.
 * @param {number[]} samples of the backlog, at even times
 * @param {number} perSecond the rate
 * @throws Error when there are too few samples to tell
 */
export function isGrowing(samples, perSecond) {
  const third = Math.floor(samples.length / 3);
  if (third === 0) throw new Error(`${samples.length} samples are too few to see a backlog grow`);
  const middle = mean(samples.slice(-2 * third, -third));
  const last = mean(samples.slice(-third));
  return last > middle + SWING_SECONDS * perSecond;
}

function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
