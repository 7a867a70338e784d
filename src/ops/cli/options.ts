import type { CommandRunner } from 'nest-commander';
import { usageError } from './cli-error.js';
import { parseDurationSeconds, parseTime } from './time.js';

/** A command of commander, with which nest-commander works. */
export type CommandLine = Parameters<CommandRunner['setCommand']>[0];

/** An option as `--help` shows it. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly parse?: (value: string) => unknown;
}

/** What every command takes. */
const EVERYWHERE: readonly OptionSpec[] = [
  { flags: '--json', description: 'one JSON document on standard output' },
  {
    flags: '--url <url>',
    description: 'of the service (default: TOLLGATE_URL, else HOST and PORT)',
  },
];

export const PAGE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--limit <number>',
    description: 'how many, newest first (default: 50)',
    parse: (value) => wholeNumber('--limit', value, 1, 1_000_000),
  },
  { flags: '--all', description: 'all of them' },
];

export const TIME_OPTIONS: readonly OptionSpec[] = [
  { flags: '--from <time>', description: 'since 2026-11-22T05:00:00Z, or 2h ago', parse: time },
  { flags: '--to <time>', description: 'until then', parse: time },
];

/** Which events; the names are those of the HTTP interface. */
export const EVENT_FILTERS: readonly OptionSpec[] = [
  { flags: '--provider <name>', description: 'of this provider' },
  { flags: '--account <name>', description: 'of this account at the provider' },
  { flags: '--type <type>', description: 'of this type, as the provider calls it' },
  { flags: '--code <code>', description: 'dead ones that failed with this code' },
  {
    flags: '--text <text>',
    description: 'dead ones with this in id, type or message of the error',
  },
  ...TIME_OPTIONS,
];

export const STATUS_OPTION: OptionSpec = {
  flags: '--status <status>',
  description: 'received, applied, noop, ignored, dead or discarded',
};

/** Adds options to a command, and lets errors in its usage end here and not in `process.exit`. */
export function describeOptions(command: CommandLine, options: readonly OptionSpec[]): CommandLine {
  for (const { flags, description, parse } of [...options, ...EVERYWHERE]) {
    if (parse) command.option(flags, description, parse);
    else command.option(flags, description);
  }
  return command.enablePositionalOptions().exitOverride();
}

/** @throws CliError for anything but a whole number within the limits */
export function wholeNumber(option: string, value: string, min: number, max: number): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max) return number;
  throw usageError(`${option} takes a whole number from ${min} to ${max}`);
}

function time(value: string): string {
  return parseTime(value, new Date());
}

/** `90s`, `15m`, `2h`, `7d` → seconds. */
export function duration(value: string): number {
  return parseDurationSeconds(value);
}
