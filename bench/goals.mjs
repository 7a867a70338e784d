import { counts, spreadOf } from './summary.mjs';

/**
 * What a scenario is to come to. A figure of one contender, or its ratio to a figure of another
 * within the same round: the two ran next to each other then and not hours apart.
 *
 * @typedef {object} Goal
 * @property {string} text
 * @property {[contender: string, figure: string]} of
 * @property {[contender: string, figure: string]} [to] what it is divided by
 * @property {number} [atLeast] @property {number} [atMost] one of the two
 * @property {string} [unit] none for a ratio
 */

/**
 * Judges goals by the median of all rounds in which everything that they name was measured.
 * @param {Goal[]} goals @param {import('./summary.mjs').Turn[]} turns
 * @returns {{ goal: Goal, spread: import('./summary.mjs').Spread, isMet: boolean | null }[]}
 *   `isMet` is null when it was not measured
 */
export function judgeGoals(goals, turns) {
  const rounds = [...new Set(turns.map(({ round }) => round))];
  return goals.map((goal) => {
    const values = rounds
      .map((round) => valueIn(round, goal, turns))
      .filter((value) => Number.isFinite(value));
    const spread = spreadOf(values);
    return { goal, spread, isMet: values.length === 0 ? null : isMet(goal, spread.median) };
  });
}

function valueIn(round, { of, to }, turns) {
  const figureOf = ([name, figure]) => {
    const turn = turns.find((one) => one.round === round && one.contender.name === name);
    return turn !== undefined && counts(turn) ? turn.result.figures[figure] : Number.NaN;
  };
  return to === undefined ? figureOf(of) : figureOf(of) / figureOf(to);
}

function isMet({ atLeast = -Infinity, atMost = Infinity }, value) {
  return value >= atLeast && value <= atMost;
}
