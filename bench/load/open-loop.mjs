import { Connection } from './connection.mjs';
import { openHistogram } from './histogram.mjs';

/** A timer of Node is not more exact; what it is late counts as waiting, against the server. */
const TICK_MS = 1;
/** How long the last answers may take; what is not answered by then counts as refused. */
const END_MS_MAX = 20_000;

/**
 * Sends requests at their time: the n-th at n / rate seconds, whether the earlier ones are answered
 * or not. Latency counts from that time, also when no connection was free then: who is late makes
 * the others wait, and does not get fewer of them (no coordinated omission).
 *
 * @returns what was offered and answered per second, latencies in milliseconds, how many were not
 * as expected, and of each acknowledged event its index and when it was to be sent
 */
export async function runOpen(load, { connections, seconds, perSecond }) {
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(load.port)),
  );
  const free = [...open];
  const histogram = openHistogram();
  const acknowledged = [];
  const intendedMs = [];
  const total = Math.floor(perSecond * seconds);
  const startedAtMs = Date.now();
  const startedAt = performance.now();
  let sent = 0;
  let answered = 0;
  let refused = 0;

  const sendOne = (connection) => {
    const dueMs = (sent * 1000) / perSecond;
    const index = load.next++;
    sent += 1;
    connection.send(load.requests.at(index), (status) => {
      histogram.record(performance.now() - startedAt - dueMs);
      answered += 1;
      if (status !== load.expected) refused += 1;
      else {
        load.acknowledged.push(index);
        acknowledged.push(index);
        intendedMs.push(startedAtMs + dueMs);
      }
      if (status !== 0) free.push(connection);
      sendDue();
    });
  };
  const sendDue = () => {
    const due = Math.min(
      total,
      Math.floor(((performance.now() - startedAt) * perSecond) / 1000) + 1,
    );
    // Each in its turn: one that says nothing for long is closed by the server, and rightly so.
    while (sent < due && free.length > 0) sendOne(free.shift());
  };

  await new Promise((resolve) => {
    const timer = setInterval(() => {
      sendDue();
      const isOver = performance.now() - startedAt > seconds * 1000 + END_MS_MAX;
      if (answered < total && !isOver) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const tookSeconds = (performance.now() - startedAt) / 1000;
  for (const connection of open) connection.close();
  return {
    offeredPerSecond: perSecond,
    perSecond: (answered - refused) / tookSeconds,
    ...histogram.figures(),
    refused: refused + (total - answered),
    answered,
    startedAtMs,
    endedAtMs: Date.now(),
    acknowledged: Uint32Array.from(acknowledged),
    intendedMs: Float64Array.from(intendedMs),
  };
}
