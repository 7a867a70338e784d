import { Connection } from './connection.mjs';
import { percentile } from './percentile.mjs';

/**
 * Keeps every connection busy with one request after the other until the time is up.
 * @param {{ connections: number, seconds: number, repeats?: number }} phase `repeats`: how often
 * an event is sent again after it was acknowledged
 * @returns answers per second, latencies in milliseconds, and how many were not as expected
 */
export async function runClosed(load, { connections, seconds, repeats = 0 }) {
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(load.port)),
  );
  const latenciesMs = [];
  let refused = 0;
  const endsAt = performance.now() + seconds * 1000;
  const startedAtMs = Date.now();

  const keepBusy = (connection) =>
    new Promise((resolve) => {
      let index = -1;
      let sendsLeft = 0;
      const sendNext = () => {
        const sentAt = performance.now();
        if (sentAt >= endsAt) return resolve();
        const isFirst = sendsLeft === 0;
        if (isFirst) index = load.next++;
        sendsLeft = isFirst ? repeats : sendsLeft - 1;
        const sent = index;
        connection.send(load.requests.at(sent), (status) => {
          const answeredAt = performance.now();
          const isExpected = status === load.expected;
          if (!isExpected) refused += 1;
          else if (isFirst) load.acknowledged.push(sent);
          // What is answered after the end is checked as well, but not counted.
          if (isExpected && answeredAt < endsAt) latenciesMs.push(answeredAt - sentAt);
          if (status === 0) resolve();
          else sendNext();
        });
      };
      sendNext();
    });

  await Promise.all(open.map(keepBusy));
  for (const connection of open) connection.close();
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    perSecond: sorted.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    refused,
    answered: sorted.length,
    startedAtMs,
    endedAtMs: Date.now(),
  };
}
