import { readdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadClientToken } from '../config/client.js';
import { loadConfig, type Config } from '../config/config.js';
import type { ProviderEntry } from '../providers/provider-entry.js';
import { DEFAULT_ACCOUNT } from '../providers/provider.js';
import { findProviderEntry, PROVIDERS, SECRET_PREFIXES } from '../providers/providers.js';
import { postSigned, watchEvent, type Delivery, type Target } from './send-webhook.js';

const USAGE = `usage: npm run send -- <provider> <sample>... [options]

  --times N        deliver each sample N times (default 1)
  --shuffle        deliver in random order
  --account NAME   to /webhooks/<provider>/<account>, signed with its secret
  --url URL        of the service (default: HOST and PORT)

`;

const TIMES_MAX = 10_000;

/** What went wrong on the caller's side, said without a stack. */
class UsageError extends Error {}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      times: { type: 'string', default: '1' },
      shuffle: { type: 'boolean', default: false },
      account: { type: 'string', default: DEFAULT_ACCOUNT },
      url: { type: 'string' },
    },
  });
  const [providerName = '', ...sampleNames] = positionals;
  const entry = findProviderEntry(providerName);
  if (!entry) {
    throw new UsageError(
      `unknown provider; there is ${PROVIDERS.map((one) => one.name).join(', ')}`,
    );
  }
  if (sampleNames.length === 0) throw new UsageError(await listSamples(entry));
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1 || times > TIMES_MAX) {
    throw new UsageError(`--times takes a whole number from 1 to ${TIMES_MAX}`);
  }

  const config = loadConfig(SECRET_PREFIXES, new Map());
  const target = toTarget(config, entry, values.account.toLowerCase(), values.url);
  const bodies = await Promise.all(sampleNames.map((name) => readSample(entry, name)));
  const deliveries = bodies.flatMap((body) => Array.from({ length: times }, () => body));
  if (values.shuffle) shuffle(deliveries);

  const sent = new Map<string, Delivery>();
  for (const body of deliveries) {
    const delivery = await postSigned(target, body);
    print(`${delivery.eventType} → ${delivery.status} ${delivery.answer}`);
    if (delivery.eventId !== null) sent.set(delivery.eventId, delivery);
    if (delivery.status !== 200) process.exitCode = 1;
  }
  for (const { eventId } of sent.values()) {
    for (const line of await watchEvent(target, eventId ?? '')) print(line);
  }
}

function toTarget(
  config: Config,
  entry: ProviderEntry,
  account: string,
  url: string | undefined,
): Target {
  const secret = config.providerSecrets.get(entry.name)?.get(account)?.[0];
  if (secret === undefined) {
    throw new UsageError(`no secret for ${entry.name} and the account ${account} is configured`);
  }
  return {
    entry,
    account,
    secret,
    url: url ?? `http://${config.HOST}:${config.PORT}`,
    token: loadClientToken(config),
  };
}

async function readSample(entry: ProviderEntry, name: string): Promise<Buffer> {
  const isName = /^[\w.-]+$/.test(name);
  try {
    if (isName) return await readFile(new URL(`${name}.json`, entry.samplesFolder));
  } catch {
    // Told below, with the names that there are.
  }
  throw new UsageError(`there is no sample ${name}. ${await listSamples(entry)}`);
}

async function listSamples(entry: ProviderEntry): Promise<string> {
  const names = (await readdir(entry.samplesFolder)).map((file) => file.replace(/\.json$/, ''));
  return `samples of ${entry.name}:\n  ${names.sort().join('\n  ')}`;
}

/** Fisher and Yates. */
function shuffle(deliveries: Buffer[]): void {
  for (let last = deliveries.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    const [one, two] = [deliveries[last], deliveries[other]];
    if (one && two) [deliveries[last], deliveries[other]] = [two, one];
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', () => process.exit(0));

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof UsageError ? USAGE : ''}${message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
