/**
 * The load client: a process of its own, the same for every contender. Told by one message what
 * to do; answers with what it saw.
 *
 * A phase is `closed` (every connection sends as soon as it has its answer: how much goes through),
 * or `open` (requests are sent at their time, whether the others are answered or not: how long one
 * waits). Of a closed one, `repeats` says how often each event is sent again after its answer.
 */
import { runClosed } from './closed-loop.mjs';
import { runOpen } from './open-loop.mjs';
import { eventNumber, SignedRequests } from './signed-requests.mjs';

/** More than most phases take; beyond that they are signed on the way. */
const REQUESTS_AHEAD_PER_SECOND = 12_000;
/** Longer windows are signed on the way: signatures grow old, and memory is not for that. */
const SECONDS_AHEAD_MAX = 30;

process.once('message', async ({ port, secret, tag, phases, expected = 200 }) => {
  const closed = phases.filter(({ kind = 'closed' }) => kind === 'closed');
  const seconds = closed.reduce((total, phase) => total + phase.seconds, 0);
  const ahead = Math.min(seconds, SECONDS_AHEAD_MAX) * REQUESTS_AHEAD_PER_SECOND;
  const requests = new SignedRequests({ ahead, secret, tag });
  const load = { port, requests, expected, next: 0, acknowledged: [] };
  const results = {};
  for (const phase of phases) {
    process.send({ starting: phase.name, results });
    const { go } = await nextMessage();
    const run = (go.kind ?? phase.kind) === 'open' ? runOpen : runClosed;
    if (!go.isSkipped) results[phase.name] = await withCpu(() => run(load, { ...phase, ...go }));
  }
  const acknowledged = Uint32Array.from(load.acknowledged, eventNumber);
  process.send({ results, acknowledged });
  // It ends when it is let go: an answer may still be on its way when a process has ended.
  process.once('disconnect', () => process.exit());
});

function nextMessage() {
  return new Promise((resolve) => process.once('message', resolve));
}

/** Adds the CPU seconds of this process. */
async function withCpu(run) {
  const before = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  return { ...result, cpuSeconds: (user + system) / 1e6 };
}
