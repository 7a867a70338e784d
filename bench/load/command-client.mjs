/**
 * The load client of the commands: a process of its own, the same for every contender. Told by one
 * message what to do; answers with what it saw.
 */
import { Answers } from './answers.mjs';
import { Connection } from './connection.mjs';
import { OrderRequests } from './order-requests.mjs';
import { percentile } from './percentile.mjs';

/** More than any contender takes; making more would only cost memory. */
const REQUESTS_PER_SECOND_MAX = 8000;

process.once('message', async ({ port, token, tag, pattern, phases }) => {
  const prepared = phases.reduce((total, { requests = 0 }) => total + requests, 0);
  const seconds = phases.reduce((total, phase) => total + (phase.seconds ?? 0), 0);
  const capacity = pattern === 'again' ? prepared : seconds * REQUESTS_PER_SECOND_MAX;
  const requests = new OrderRequests({ capacity, token, tag });
  const load = {
    port,
    requests,
    next: 0,
    answers: new Answers({ keepsBodies: pattern !== 'new' }),
  };
  const results = {};
  for (const phase of phases) {
    process.send({ starting: phase.name });
    await new Promise((resolve) => process.once('message', resolve));
    const run = { prepare: runPrepare, new: runNew, again: runAgain, storm: runStorm };
    results[phase.name] = await timed(load, phase, run[phase.pattern ?? pattern]);
  }
  const { refused, wrong, sample, firstCount } = load.answers;
  process.send({ results, refused, wrong, sample, firstCount });
  // It ends when it is let go: an answer may still be on its way when a process has ended.
  process.once('disconnect', () => process.exit());
});

/**
 * Runs one phase on connections of its own.
 * @returns right answers per second, latencies in milliseconds, all right answers and the CPU
 * seconds of this process
 */
async function timed(load, { connections, seconds = 0, requests = 0 }, run) {
  const open = await Promise.all(
    Array.from({ length: connections }, () => Connection.open(load.port)),
  );
  const latenciesMs = [];
  let answers = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const note = (sentAt, answeredAt, isRight) => {
    if (!isRight) return;
    answers += 1;
    // What is answered after the end has cost as much, but does not count for the speed.
    if (answeredAt < endsAt) latenciesMs.push(answeredAt - sentAt);
  };
  await run({ load, open, endsAt, requests, note });
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const connection of open) connection.close();
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    perSecond: sorted.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    answers,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** Answers a number of requests, whatever time it takes, for others to repeat. */
function runPrepare({ load, open, requests, note }) {
  const takeNext = () => (load.next < requests ? load.next++ : null);
  return keepAllBusy(open, load, takeNext, note, sendFirst);
}

function runNew({ load, open, endsAt, note }) {
  const takeNext = () => (performance.now() < endsAt ? load.next++ : null);
  return keepAllBusy(open, load, takeNext, note, sendFirst);
}

/** Goes through the prepared requests again and again. */
function runAgain({ load, open, endsAt, note }) {
  const takeNext = () => (performance.now() < endsAt ? load.next++ % load.requests.capacity : null);
  return keepAllBusy(open, load, takeNext, note, sendAgain);
}

/** Keeps every connection busy with one request after the other, until there is no next one. */
async function keepAllBusy(open, load, takeNext, note, send) {
  const keepBusy = async (connection) => {
    for (let index = takeNext(); index !== null; index = takeNext()) {
      if (!(await send(connection, load, index, note))) return;
    }
  };
  await Promise.all(open.map(keepBusy));
}

async function sendFirst(connection, load, index, note) {
  const answer = await send(connection, load, index);
  const reference = load.requests.referenceOf(index);
  note(answer.sentAt, answer.answeredAt, load.answers.judgeFirst({ ...answer, index, reference }));
  return answer.status !== 0;
}

async function sendAgain(connection, load, index, note) {
  const answer = await send(connection, load, index);
  note(answer.sentAt, answer.answeredAt, load.answers.judgeReplay({ ...answer, index }));
  return answer.status !== 0;
}

/** All connections send the same request at once; the next one when all are answered. */
async function runStorm({ load, open, endsAt, note }) {
  while (performance.now() < endsAt) {
    const index = load.next++;
    const answers = await Promise.all(open.map((connection) => send(connection, load, index)));
    load.answers.judgeStorm(index, load.requests.referenceOf(index), answers);
    for (const { sentAt, answeredAt, status } of answers) note(sentAt, answeredAt, status === 201);
    if (answers.some(({ status }) => status === 0)) return;
  }
}

function send(connection, { requests }, index) {
  return new Promise((resolve) => {
    const sentAt = performance.now();
    connection.send(requests.at(index), (status, head, body) => {
      resolve({ sentAt, answeredAt: performance.now(), status, head, body });
    });
  });
}
