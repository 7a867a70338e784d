import { createApi, type ApiTarget } from '../api.js';
import { CliError } from '../cli-error.js';
import { describeError, fail, ok, skipped, warn, type Check } from './check.js';

const ANSWER_MS_MAX = 3000;

interface Readiness {
  readonly status?: string;
  readonly postgres?: string;
  readonly queue?: string;
}

/** Whether a service answers, how ready it is, and whether it takes our token. */
export async function checkService(target: ApiTarget): Promise<Check[]> {
  const readiness = await ask(target.url);
  if (readiness === null) {
    return [skipped('service', `nobody answers at ${target.url}`, 'npm start starts it')];
  }
  return [judgeReadiness(target.url, readiness), await checkToken(target)];
}

/** Null when nobody answers. */
async function ask(url: string): Promise<Readiness | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const response = await fetch(new URL('/health/ready', url), { signal });
    return (await response.json().catch(() => ({}))) as Readiness;
  } catch {
    return null;
  }
}

function judgeReadiness(url: string, { status, postgres, queue }: Readiness): Check {
  const name = 'service';
  const found = `${url} is ${status ?? 'no Tollgate'}`;
  if (status === 'ready') return ok(name, found);
  if (status === 'degraded') {
    return warn(name, `${found}: the queue is ${queue ?? '?'}`, 'events wait until it is back');
  }
  if (status === undefined) return fail(name, found, 'check TOLLGATE_URL, or HOST and PORT');
  return fail(name, `${found}: PostgreSQL is ${postgres ?? '?'}`, 'its log says why');
}

async function checkToken(target: ApiTarget): Promise<Check> {
  const name = 'own token';
  try {
    await createApi(target).get('/v1/events', { limit: 1 });
    return ok(name, 'the service takes it');
  } catch (error) {
    const isUnknown = error instanceof CliError && error.exit === 'not_allowed';
    const advice = isUnknown ? 'set TOLLGATE_TOKEN to one of its tokens' : 'its log says why';
    return warn(name, describeError(error), advice);
  }
}
