import { readdir, readFile } from 'node:fs/promises';
import { loadConfig } from '../../../config/config.js';
import type { ProviderEntry } from '../../../providers/provider-entry.js';
import { findProviderEntry, PROVIDERS, SECRET_PREFIXES } from '../../../providers/providers.js';
import { usageError } from '../cli-error.js';
import type { Cli, Result } from '../run-command.js';
import { postSigned, type Delivery, type SendTarget } from './post-signed.js';
import { watchedBlocks, watchEvent, type Watched } from './watch-event.js';

export interface SendOptions {
  readonly times: number;
  readonly shuffle: boolean;
  readonly account: string;
}

/** Plays the provider: signs samples, delivers them, and tells what became of each event. */
export async function sendSamples(
  cli: Cli,
  providerName: string,
  sampleNames: readonly string[],
  { times, shuffle, account }: SendOptions,
): Promise<Result> {
  const entry = findProviderEntry(providerName);
  if (!entry) {
    throw usageError(`unknown provider; there is ${PROVIDERS.map(({ name }) => name).join(', ')}`);
  }
  if (sampleNames.length === 0) throw usageError(await listSamples(entry));
  const target = toTarget(entry, account.toLowerCase(), cli.url);
  const bodies = await Promise.all(sampleNames.map((name) => readSample(entry, name)));
  const deliveries = bodies.flatMap((body) => Array.from({ length: times }, () => body));
  if (shuffle) shuffleInPlace(deliveries);

  const sent: Delivery[] = [];
  for (const body of deliveries) {
    const delivery = await postSigned(target, body);
    cli.terminal.print(`${delivery.eventType} → ${delivery.status} ${delivery.answer}`);
    sent.push(delivery);
  }
  const hasFailed = sent.some(({ status }) => status !== 200);
  const events = await watchAll(cli, target, new Set(sent.map(({ eventId }) => eventId)));
  return {
    document: { deliveries: sent, events },
    blocks: [],
    exit: hasFailed ? 'failed' : 'done',
  };
}

async function watchAll(
  { api, terminal, token }: Cli,
  { entry, account }: SendTarget,
  eventIds: ReadonlySet<string>,
): Promise<Watched[]> {
  if (token === null) {
    terminal.note('set TOLLGATE_TOKEN to see what became of it');
    return [];
  }
  const events: Watched[] = [];
  for (const eventId of eventIds) {
    const watched = await watchEvent(api, { provider: entry.name, account, eventId });
    terminal.print(...watchedBlocks(eventId, watched));
    events.push(watched);
  }
  return events;
}

/** @throws CliError when the account has no secret to sign with */
function toTarget(entry: ProviderEntry, account: string, url: string): SendTarget {
  const { providerSecrets } = loadConfig(SECRET_PREFIXES, new Map());
  const secret = providerSecrets.get(entry.name)?.get(account)?.[0];
  if (secret !== undefined) return { entry, account, secret, url };
  throw usageError(`no secret for ${entry.name} and the account ${account} is configured`);
}

async function readSample(entry: ProviderEntry, name: string): Promise<Buffer> {
  const isName = /^[\w.-]+$/.test(name);
  try {
    if (isName) return await readFile(new URL(`${name}.json`, entry.samplesFolder));
  } catch {
    // Told below, with the names that there are.
  }
  throw usageError(`there is no sample ${name}. ${await listSamples(entry)}`);
}

async function listSamples(entry: ProviderEntry): Promise<string> {
  const names = (await readdir(entry.samplesFolder)).map((file) => file.replace(/\.json$/, ''));
  return `samples of ${entry.name}:\n  ${names.sort().join('\n  ')}`;
}

/** Fisher and Yates. */
function shuffleInPlace(deliveries: Buffer[]): void {
  for (let last = deliveries.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    const [one, two] = [deliveries[last], deliveries[other]];
    if (one && two) [deliveries[last], deliveries[other]] = [two, one];
  }
}
