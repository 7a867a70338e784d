import { loadCliConfig } from '../../config/cli.js';
import { createApi, type Api } from './api.js';
import { EXIT_CODES, type Exit } from './exit-codes.js';
import type { CommandLine } from './options.js';
import type { Block } from './render.js';
import { openTerminal, type Terminal } from './terminal.js';

/** What a command works with. */
export interface Cli {
  readonly api: Api;
  readonly terminal: Terminal;
  /** `http://host:port` of the service. */
  readonly url: string;
  /** Null: there is none to send. */
  readonly token: string | null;
}

/** What a command came to. */
export interface Result {
  /** What `--json` prints. */
  readonly document: unknown;
  /** What people read; nothing, when it was printed on the way. */
  readonly blocks: readonly Block[];
  /** `done` when left out. */
  readonly exit?: Exit;
}

/** What a command does, given its own options. */
export type Action<Options> = (cli: Cli, options: Options) => Promise<Result>;

/** Options that every command has. */
interface CommonOptions {
  readonly json?: true;
  readonly url?: string;
}

/** Runs what a command is for, and prints what it came to. */
export async function runCommand<Options>(
  command: CommandLine,
  action: Action<Options>,
): Promise<void> {
  const { json, url, ...options }: CommonOptions = command.opts();
  const config = loadCliConfig();
  const target = { url: url ?? config.url, token: config.token };
  const isJson = json === true;
  const terminal = openTerminal({ isJson, isColourless: config.isColourless });
  const cli = { api: createApi(target), terminal, ...target };
  const { document, blocks, exit = 'done' } = await action(cli, options as Options);
  terminal.printDocument(document);
  terminal.print(...blocks);
  process.exitCode = EXIT_CODES[exit].code;
}
