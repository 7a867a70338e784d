import { printable, printableJson } from './printable.js';
import { render, type Block } from './render.js';

/** Where a command writes to. Standard output is for what was asked; everything else is a note. */
export interface Terminal {
  /** One JSON document is wanted, and nothing else on standard output. */
  readonly isJson: boolean;
  /** Somebody sits there who can be asked. */
  readonly isInteractive: boolean;
  /** For people: nothing where JSON is wanted. */
  print(...blocks: readonly Block[]): void;
  /** The document; nothing where people read. */
  printDocument(document: unknown): void;
  /** What is good to know meanwhile, on standard error. */
  note(text: string): void;
}

interface TerminalOptions {
  readonly isJson: boolean;
  /** `NO_COLOR` is set. */
  readonly isColourless: boolean;
}

export function openTerminal({ isJson, isColourless }: TerminalOptions): Terminal {
  const { stdin, stdout, stderr } = process;
  const isColourful = stdout.isTTY && !isColourless;
  return {
    isJson,
    isInteractive: stdin.isTTY && stderr.isTTY,
    print(...blocks) {
      if (!isJson) stdout.write(render(blocks, isColourful));
    },
    printDocument(document) {
      if (isJson) stdout.write(`${printableJson(document)}\n`);
    },
    note(text) {
      stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
    },
  };
}
