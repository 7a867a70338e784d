/**
 * The load client: a process of its own, the same for every contender. Told by one message what
 * to do; answers with what it saw.
 */
import { Connection } from './connection.mjs';
import { percentile } from './percentile.mjs';
import { eventNumber, SignedRequests } from './signed-requests.mjs';

/** More than any contender takes; signing more would only cost memory. */
const REQUESTS_PER_SECOND_MAX = 30_000;

process.once('message', async ({ port, secret, tag, phases }) => {
  const seconds = phases.reduce((total, phase) => total + phase.seconds, 0);
  const capacity = seconds * REQUESTS_PER_SECOND_MAX;
  const load = { port, requests: new SignedRequests({ capacity, secret, tag }), next: 0 };
  const acknowledged = [];
  const results = {};
  for (const phase of phases) {
    process.send({ starting: phase.name });
    await new Promise((resolve) => process.once('message', resolve));
    results[phase.name] = await runPhase(load, phase, acknowledged);
  }
  process.send({ results, acknowledged: Uint32Array.from(acknowledged, eventNumber) });
  // It ends when it is let go: an answer may still be on its way when a process has ended.
  process.once('disconnect', () => process.exit());
});

/**
 * Keeps every connection busy with one request after the other until the time is up.
 * @returns acknowledgements per second, latencies in milliseconds, how many were refused, and the
 * CPU seconds of this process
 */
async function runPhase(load, { connections, seconds }, acknowledged) {
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(load.port)),
  );
  const latenciesMs = [];
  let refused = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;

  const keepBusy = (connection) =>
    new Promise((resolve) => {
      const sendNext = () => {
        const sentAt = performance.now();
        if (sentAt >= endsAt) return resolve();
        if (load.next >= load.requests.capacity) throw new Error('too few requests were signed');
        const index = load.next++;
        connection.send(load.requests.at(index), (status) => {
          const answeredAt = performance.now();
          if (status === 200) acknowledged.push(index);
          else refused += 1;
          // What is answered after the end is checked as well, but not counted.
          if (status === 200 && answeredAt < endsAt) latenciesMs.push(answeredAt - sentAt);
          if (status === 0) resolve();
          else sendNext();
        });
      };
      sendNext();
    });

  await Promise.all(open.map(keepBusy));
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const connection of open) connection.close();
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    perSecond: sorted.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    refused,
    acknowledged: sorted.length,
    cpuSeconds: (user + system) / 1e6,
  };
}
