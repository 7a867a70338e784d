import { parseArgs } from 'node:util';

const COUNT = /^[1-9]\d{0,7}$/;

/** What may be said on the command line, besides the scenarios; `initial` where nothing is said. */
const NUMBERS = {
  rounds: { initial: 5, about: 'rounds, each with every contender once' },
  seconds: { initial: 5, about: 'length of each timed window' },
  events: { initial: 100_000, about: 'drain: events in the backlog' },
  rows: { initial: 5_000_000, about: 'inbox-size: rows of the larger inbox, filled once' },
  minutes: { initial: 5, about: 'memory: minutes of saturation' },
};

/**
 * Reads the command line.
 * @param {Record<string, { title: string }>} scenarios that may be chosen
 */
export function readOptions(scenarios) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, { type: 'string' }])),
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(helpOf(scenarios));
    process.exit(0);
  }
  const numbers = Object.entries(NUMBERS).map(([name, { initial }]) => [
    name,
    values[name] === undefined ? initial : wholeNumber(name, values[name]),
  ]);
  return {
    ...Object.fromEntries(numbers),
    scenarios: known(positionals, Object.keys(scenarios)),
    isComplete: positionals.length === 0,
    only: values.only.split(',').filter((name) => name !== ''),
    profileFolder: values.profile,
    writesResults: !values['no-write'],
  };
}

/** Without a name all of them, but those that have to be asked for. */
function known(names, all) {
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length === 0) return names;
  throw new Error(`expected some of ${all.join(', ')}, found "${unknown.join(' ')}"`);
}

function wholeNumber(name, text) {
  if (COUNT.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number from 1 to 99999999, found "${text}"`);
}

function helpOf(scenarios) {
  const line = (name, about) => `  ${name.padEnd(19)} ${about}`;
  return [
    'Usage: npm run bench -- [scenario…] [options]',
    ...Object.entries(scenarios).map(([name, { title, isAskedFor }]) =>
      line(name, isAskedFor ? `${title} (only when it is named)` : title),
    ),
    '',
    ...Object.entries(NUMBERS).map(([name, { initial, about }]) =>
      line(`--${name} <n>`, `${about}; default ${initial}`),
    ),
    line('--only <a,b,…>', 'only the contenders with these names'),
    line('--profile <folder>', 'write a CPU profile of each server into this folder'),
    line('--no-write', 'print the results, leave bench/RESULTS.md as it is'),
  ].join('\n');
}
