import type { ConnectionOptions } from 'bullmq';
import { Cluster, Redis, type ClusterNode, type ClusterOptions, type RedisOptions } from 'ioredis';
import type { RedisAddress } from '../redis-address.js';
import { connectorWithin, sentinelConnectorWithin } from './redis-connector.js';

/** A connection to one Redis, to the master that Sentinels name, or to the nodes of a cluster. */
export type RedisClient = Redis | Cluster;

type Several = Exclude<RedisAddress, { readonly kind: 'single' }>;
type ClusterAddress = Extract<RedisAddress, { readonly kind: 'cluster' }>;

/** How a connection behaves that is not to be trusted. */
export interface RedisPatience {
  /** After so long without an answer a connection is made anew. */
  readonly silenceMs: number;
  /** A command that has no answer by then has failed; without it there is no such limit. */
  readonly commandMs?: number;
  readonly connectMs: number;
}

const RECONNECT_MS_MAX = 1000;
/** A Sentinel that has not answered by then is passed over for the next one. */
const SENTINEL_MS = 1000;
/** For a node to say which one has what; then another node is asked. */
const SLOTS_MS = 1000;

/**
 * A connection whose commands fail and do not queue up while Redis is away or hangs.
 *
 * In a cluster a command that finds its node gone is tried anew while the cluster elects another
 * one; `commandMs` bounds all of that together.
 */
export function connectImpatiently(address: RedisAddress, patience: RedisPatience): RedisClient {
  const options = {
    ...nodeOptions(address, patience),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  };
  if (address.kind === 'single') return new Redis(address.url, options);
  if (address.kind === 'sentinel') return new Redis(options);
  return new Cluster(nodesOf(address), {
    ...clusterOptions(address),
    enableOfflineQueue: false,
    // Those of the nodes themselves queue until they are connected; `commandMs` bounds that too.
    redisOptions: { ...nodeOptions(address, patience), maxRetriesPerRequest: 0 },
  });
}

/** A connection that is tried once, when it is told to connect. */
export function connectOnce(address: RedisAddress, answerMs: number): RedisClient {
  const patience = { silenceMs: answerMs, commandMs: answerMs, connectMs: answerMs };
  const once = {
    ...nodeOptions(address, patience),
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    lazyConnect: true,
  };
  if (address.kind === 'single') return new Redis(address.url, once);
  if (address.kind === 'sentinel') return new Redis(once);
  return new Cluster(nodesOf(address), {
    ...clusterOptions(address),
    clusterRetryStrategy: () => null,
    redisOptions: once,
    lazyConnect: true,
  });
}

/** What BullMQ makes the connections of a worker from, which wait for Redis however long it takes. */
export interface WorkerConnection {
  readonly options: ConnectionOptions;
  /** Closes what BullMQ leaves open, once it has closed the worker. */
  close(): void;
}

/**
 * BullMQ takes options for one Redis, and owns what it makes from them. For a cluster it takes a
 * connection, which stays ours: it uses that one, and a copy of it for waiting.
 */
export function workerConnection(address: RedisAddress, patience: RedisPatience): WorkerConnection {
  const options = { ...nodeOptions(address, patience), maxRetriesPerRequest: null };
  if (address.kind === 'cluster') {
    const cluster = new Cluster(nodesOf(address), {
      ...clusterOptions(address),
      redisOptions: options,
    });
    cluster.on('error', ignore); // the worker tells of it, as long as there is one
    return { options: cluster, close: () => cluster.disconnect() };
  }
  const url = address.kind === 'single' ? { url: address.url } : {};
  return { options: { ...options, ...url } as ConnectionOptions, close: ignore };
}

const ignore = () => undefined;

/**
 * In a cluster all keys of a queue must be on one node, which what stands in braces decides. Each
 * queue has braces of its own, so that the queues spread over the nodes.
 *
 * @param prefix as configured
 * @returns the prefix that BullMQ is given
 */
export function queuePrefix(address: RedisAddress, prefix: string, queue: string): string {
  return address.kind === 'cluster' ? `{${prefix}:${queue}}` : prefix;
}

/** What every node says: one, or the masters of a cluster. */
export async function askEveryMaster(client: RedisClient, section?: string): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return Promise.all(nodes.map((node) => (section ? node.info(section) : node.info())));
}

function nodeOptions(address: RedisAddress, patience: RedisPatience): RedisOptions {
  const { silenceMs, commandMs, connectMs } = patience;
  const connector = address.kind === 'sentinel' ? sentinelConnectorWithin : connectorWithin;
  return {
    Connector: connector(silenceMs),
    connectTimeout: connectMs,
    ...(commandMs === undefined ? {} : { commandTimeout: commandMs }),
    // A node of a cluster is not waited for: the others say who stands in for it.
    ...(address.kind === 'cluster' ? {} : { retryStrategy: reconnectMs }),
    // Who was the master a moment ago: whoever is now is found by connecting anew.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    ...(address.kind === 'single' ? {} : loginOptions(address)),
    ...(address.kind === 'sentinel'
      ? {
          sentinels: address.hosts.map((one) => ({ ...one })),
          name: address.master,
          db: address.database,
          sentinelCommandTimeout: SENTINEL_MS,
          ...(address.isTls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
          ...withoutUndefined({
            sentinelUsername: address.sentinelUsername,
            sentinelPassword: address.sentinelPassword,
          }),
        }
      : {}),
  };
}

function loginOptions({ username, password, isTls }: Several): RedisOptions {
  return {
    ...withoutUndefined({ username, password }),
    ...(isTls ? { tls: {} } : {}),
  };
}

function clusterOptions({ isTls }: ClusterAddress): ClusterOptions {
  return {
    clusterRetryStrategy: reconnectMs,
    slotsRefreshTimeout: SLOTS_MS,
    // The name is what the certificate is for: it must not be replaced by what it resolves to.
    ...(isTls ? { dnsLookup: (name, callback) => callback(null, name) } : {}),
  };
}

function nodesOf({ hosts }: Several): ClusterNode[] {
  return hosts.map((one) => ({ ...one }));
}

function withoutUndefined(options: Readonly<Record<string, string | undefined>>): RedisOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function reconnectMs(times: number): number {
  return Math.min(times * 100, RECONNECT_MS_MAX);
}
