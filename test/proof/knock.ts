import { sign } from './sign.js';
import type { ProofEvent } from './stories.js';

/** What was answered to one delivery, with what the client of the load does not look at. */
export interface Knock {
  /** 0: there was no answer. */
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
  readonly ms: number;
}

const PATIENCE_MS = 20_000;

/**
 * Delivers an event to one process, once, whatever comes of it. Nobody keeps account of it: it has
 * to belong to a life that is told afterwards, since it may have been recorded.
 */
export async function knock(url: string, { provider, body }: ProofEvent): Promise<Knock> {
  const startedAtMs = performance.now();
  const since = (): number => performance.now() - startedAtMs;
  try {
    const answer = await fetch(`${url}/webhooks/${provider}`, {
      method: 'POST',
      headers: sign(provider, body),
      body: Uint8Array.from(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const retryAfter = answer.headers.get('retry-after');
    return { status: answer.status, text: await answer.text(), retryAfter, ms: since() };
  } catch (error) {
    return { status: 0, text: String(error), retryAfter: null, ms: since() };
  }
}

export function isDuplicate({ status, text }: Knock): boolean {
  return status === 200 && text === '{"status":"duplicate"}';
}

export function isRecorded({ status, text }: Knock): boolean {
  return status === 200 && text === '{"status":"recorded"}';
}
