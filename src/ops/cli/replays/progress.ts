import type { Terminal } from '../terminal.js';

/** Says how far something is, on standard error. */
export interface Progress {
  show(done: number, total: number): void;
  stop(): void;
}

/** Between two lines where there is no terminal to draw on. */
const LINE_INTERVAL_MS = 2000;

/** A bar on a terminal, lines elsewhere: a log keeps what a bar would overwrite. */
export async function startProgress(terminal: Terminal): Promise<Progress> {
  return process.stderr.isTTY ? startBar() : startLines(terminal);
}

async function startBar(): Promise<Progress> {
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    stream: process.stderr,
    format: '{bar} {value} of {total}  {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: false, // a Ctrl-C would leave it hidden
  });
  bar.start(0, 0);
  return {
    show(done, total) {
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

function startLines(terminal: Terminal): Progress {
  let shownAtMs = 0;
  let shownDone = -1;
  return {
    show(done, total) {
      const isLast = done === total;
      if (done === shownDone || (!isLast && Date.now() - shownAtMs < LINE_INTERVAL_MS)) return;
      shownAtMs = Date.now();
      shownDone = done;
      terminal.note(`${done} of ${total}`);
    },
    stop: () => undefined,
  };
}
