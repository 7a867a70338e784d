import { spread, spreadOf, total } from '../summary.mjs';
import { COMPARED_WITH } from './contenders.mjs';

const FIGURES = [
  'perSecond',
  'p50Ms',
  'p99Ms',
  'clientMicros',
  'serverMicros',
  'postgresMicros',
  'othersShare',
  'writingTransactions',
  'walBytes',
];

/**
 * Median, least and most of each figure by contender and number of connections, in the order of
 * the contenders. A turn with an answer that was refused or wrong has no figures: it is counted.
 */
export function summarizeCommands(turns) {
  const contenders = [...new Set(turns.map(({ contender }) => contender))];
  return contenders.flatMap((contender) => {
    const own = turns.filter((turn) => turn.contender === contender).map(({ result }) => result);
    const counts = ['refused', 'wrong', 'stray'].map((name) => [name, total(own, name)]);
    return contender.connections.map((connections) => {
      const windows = own.map((result) => windowOf(result, connections)).filter(Boolean);
      const spreads = FIGURES.map((figure) => [figure, spread(windows, figure)]);
      return {
        contender,
        connections,
        ...Object.fromEntries([...spreads, ...counts]),
        ratios: COMPARED_WITH.map((name) => ratiosTo(name, contender, connections, turns)),
      };
    });
  });
}

/**
 * Answers per second relative to another contender. Each ratio is taken within one round, since
 * the two ran next to each other then and not hours apart.
 * @returns {import('../summary.mjs').Spread} of the ratios of all rounds
 */
function ratiosTo(otherName, contender, connections, turns) {
  const perSecondOf = (name, round) => {
    const turn = turns.find((one) => one.contender.name === name && one.round === round);
    return turn && windowOf(turn.result, connections)?.perSecond;
  };
  const rounds = [...new Set(turns.map(({ round }) => round))];
  const ratios = rounds
    .map((round) => perSecondOf(contender.name, round) / perSecondOf(otherName, round))
    .filter((ratio) => !Number.isNaN(ratio));
  return spreadOf(ratios);
}

/** The timed window with so many connections; undefined when the turn does not count. */
function windowOf({ levels, refused, wrong, stray }, connections) {
  const counts = refused + wrong + stray === 0;
  return counts ? levels.find((level) => level.connections === connections) : undefined;
}
