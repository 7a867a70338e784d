import { CliError } from './cli-error.js';
import { exitOfStatus } from './exit-codes.js';
import type { PageView } from './api-views.js';

/** The HTTP interface of a running service. */
export interface Api {
  /** @throws CliError when it does not answer, or answers with a problem */
  get<T>(path: string, query?: Query): Promise<T>;
  /** @throws CliError as for get */
  post<T>(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<T>;
}

/** Values that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

export interface ApiTarget {
  /** `http://host:port` of the service. */
  readonly url: string;
  /** Null: there is none to send. */
  readonly token: string | null;
}

/** For one request; a command of the service asks its provider within this time. */
const ANSWER_MS_MAX = 60_000;
/** What a list gives at once, at most. */
const PAGE_MAX = 200;

export function createApi(target: ApiTarget): Api {
  return {
    get: (path, query = {}) => send(target, pathWith(path, query), { method: 'GET' }),
    post: (path, body = {}, headers = {}) =>
      send(target, path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
  };
}

/** The pages of a list until `itemsMax` is reached; the last one says where the next one begins. */
export async function* readPages<T>(
  api: Api,
  path: string,
  query: Query,
  itemsMax: number,
): AsyncGenerator<PageView<T>> {
  let left = itemsMax;
  let cursor: string | undefined;
  do {
    const limit = Math.min(left, PAGE_MAX);
    const page = await api.get<PageView<T>>(path, { ...query, limit, cursor });
    left -= page.data.length;
    cursor = page.nextCursor ?? undefined;
    yield page;
  } while (cursor !== undefined && left > 0);
}

/** A part of a path that came from outside. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

function pathWith(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/** A request without its token. */
interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function send<T>({ url, token }: ApiTarget, path: string, request: Outgoing): Promise<T> {
  if (token === null) {
    throw new CliError(
      'not_allowed',
      'token_missing',
      'there is no token: set TOLLGATE_TOKEN (API_TOKENS holds digests only, or is empty)',
    );
  }
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const { status, isJson, body } = await reach(url, path, { ...request, headers });
  if (!isJson) {
    throw new CliError('unreachable', 'no_tollgate', `what answers at ${url} is no Tollgate`);
  }
  if (status >= 200 && status < 300) return body as T;
  throw toError(status, body);
}

async function reach(url: string, path: string, request: Outgoing) {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(new URL(path, url), { ...request, signal });
    const type = response.headers.get('content-type') ?? '';
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json\b/.test(type);
    return { status: response.status, isJson, body: isJson ? (JSON.parse(text) as unknown) : null };
  } catch (error) {
    throw new CliError(
      'unreachable',
      'unreachable',
      `nobody answers at ${url} (${reasonOf(error)}): start the service with npm start, or name ` +
        'another one with --url or TOLLGATE_URL',
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

interface ProblemView {
  readonly code?: string;
  readonly detail?: string;
  readonly title?: string;
}

/** A problem of the API as the reason why the command ended. */
function toError(status: number, body: unknown): CliError {
  const problem: ProblemView = typeof body === 'object' && body !== null ? body : {};
  const { code, detail, title, ...members } = problem;
  const message = detail ?? title ?? `the service answered ${status}`;
  return new CliError(exitOfStatus(status), code ?? `http_${status}`, message, members);
}
