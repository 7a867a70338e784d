import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a load client, a process of its own, and lets it into one phase after the other.
 * @param {{ client: URL, message: object, measure: () => object | Promise<object>,
 *   beforePhase: (name: string, results: object) => Promise<object | void> }} options `beforePhase`
 * sees what the phases before came to, and may change the settings of the next; `isSkipped` leaves
 * it out. `measure` gives figures that only grow
 * @returns its answer, and under `spent` what those figures grew by in each phase
 */
export async function runClient({ client, message, beforePhase, measure = () => ({}) }) {
  const child = fork(client, { serialization: 'advanced', execArgv: [] });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the load client ended with ${code}`);
  });
  failed.catch(() => undefined); // it ends when it is let go, too
  try {
    child.send(message);
    const spent = {};
    let phase = null;
    for (;;) {
      const [said] = await Promise.race([once(child, 'message'), failed]);
      if (phase !== null) spent[phase.name] = growth(phase.before, await measure());
      if (said.starting === undefined) return { ...said, spent };
      const changed = await beforePhase(said.starting, said.results ?? {});
      phase = { name: said.starting, before: await measure() };
      child.send({ go: changed ?? {} });
    }
  } finally {
    if (child.connected) child.disconnect();
  }
}

function growth(before, after) {
  return Object.fromEntries(Object.entries(after).map(([who, now]) => [who, now - before[who]]));
}
