import { readdirSync, readFileSync } from 'node:fs';

/** A command of the command line: `replays pause`, say, and the options that it takes. */
export interface KnownCommand {
  readonly name: string;
  readonly options: readonly string[];
}

const CLI = new URL('../../src/ops/cli/', import.meta.url);

/** A class of a command as its source has it. */
interface CommandSource {
  readonly className: string;
  readonly name: string;
  readonly isSub: boolean;
  /** Names of the classes of its subcommands. */
  readonly subCommands: readonly string[];
  readonly options: readonly string[];
}

const CLASS = /@(Sub)?Command\(\{(.*?)\}\)\s+export class (\w+)(.*?)(?=\n\}\n)/gs;
const OPTION_LIST = /const ([A-Z_]+): (?:readonly )?OptionSpec(?:\[\])? = (.*?\n[\]}]);/gs;

/**
 * Every command with its options, read out of the sources of the commands: the library that they are
 * made with cannot be loaded by Jest, and starting a process for each would take too long.
 * @throws Error for a source in which a command is expected and not found
 */
export function listCliCommands(): KnownCommand[] {
  const files = readdirSync(new URL('commands/', CLI)).map((file) => `commands/${file}`);
  const sources = ['options.ts', ...files].map((path) => readFileSync(new URL(path, CLI), 'utf8'));
  const text = sources.join('\n');
  const lists = new Map([...text.matchAll(OPTION_LIST)].map(([, name, list]) => [name!, list!]));
  const everywhere = flagsIn(lists.get('EVERYWHERE') ?? '', lists);
  const found = [...text.matchAll(CLASS)].map(([, sub, given, className, body]): CommandSource => {
    const name = /name: '([\w-]+)'/.exec(given!)?.[1];
    if (name === undefined || everywhere.length === 0) throw new Error(`cannot read ${className!}`);
    const subCommands = /subCommands: \[([^\]]*)\]/.exec(given!)?.[1]?.split(/\W+/) ?? [];
    const options = [...flagsIn(body!, lists), ...everywhere];
    return { className: className!, name, isSub: sub !== undefined, subCommands, options };
  });
  if (found.length < files.length) throw new Error('a file of a command has none that can be read');
  return found.map(({ className, name, isSub, options }) => {
    if (!isSub) return { name, options };
    const parent = found.find(({ subCommands }) => subCommands.includes(className));
    return { name: `${parent?.name ?? '?'} ${name}`, options };
  });
}

/** The options in a source, with those of the lists that it names. */
function flagsIn(source: string, lists: ReadonlyMap<string, string>): string[] {
  const own = [...source.matchAll(/flags: '(--[\w-]+)/g)].map(([, flag]) => flag!);
  const named = [...lists].filter(([name]) => new RegExp(`\\b${name}\\b`).test(source));
  return [...own, ...named.flatMap(([, list]) => flagsIn(list, lists))];
}

/** What is wrong with a line that begins with `npx tollgate`; null: nothing. */
export function findCliProblem(line: string, known: readonly KnownCommand[]): string | null {
  const [, , ...words] = wordsOf(line);
  if (words.join(' ') === '--help') return null;
  const command =
    known.find(({ name }) => name === words.slice(0, 2).join(' ')) ??
    known.find(({ name }) => name === words[0]);
  if (!command) return `there is no command ${words[0] ?? ''}`;
  const options = words.filter((word) => word.startsWith('--'));
  const unknown = options.find((one) => !command.options.includes(one));
  return unknown === undefined ? null : `${command.name} has no option ${unknown}`;
}

/** The words of a line, as a shell takes them: without their quotes. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)];
  return words.map(([word, single, double]) => single ?? double ?? word);
}
