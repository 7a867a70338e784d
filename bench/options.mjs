import { parseArgs } from 'node:util';

const SCENARIOS = ['deliveries', 'commands'];

const HELP = `Usage: npm run bench -- [scenario] [options]
  deliveries          acknowledging webhooks; what is run without a scenario
  commands            creating orders under an idempotency key
  --rounds <n>        rounds, each with every contender once; default 3
  --seconds <n>       length of the timed window of each turn; default 5
  --only <a,b,…>      only the contenders with these names
  --profile <folder>  write a CPU profile of each server into this folder
  --no-write          print the results, leave bench/RESULTS.md as it is`;

/** Reads the command line. */
export function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  return {
    scenario: oneScenario(positionals),
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    only: values.only.split(',').filter((name) => name !== ''),
    profileFolder: values.profile,
    writesResults: !values['no-write'],
  };
}

function oneScenario([name = SCENARIOS[0], ...more]) {
  if (SCENARIOS.includes(name) && more.length === 0) return name;
  throw new Error(`expected one of ${SCENARIOS.join(', ')}, found "${[name, ...more].join(' ')}"`);
}

function wholeNumber(name, text) {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error(`--${name}: expected a whole number from 1 to 9999, found "${text}"`);
}
