import { TollgateError } from '../errors.js';
import { asObject } from './payload.js';

/** `read` changes nothing at the provider, so a read that failed has done nothing. */
export type Access = 'read' | 'write';

/** The provider said no. `reason` is its code for why; null where it gave none. */
export class ProviderRefusal extends TollgateError {
  override readonly name = 'ProviderRefusal';

  constructor(
    message: string,
    readonly reason: string | null,
  ) {
    super('provider_refused', message);
  }
}

/**
 * A failure by which the provider shows that it is there: it asks for fewer requests, has this
 * object locked, or repeats an answer that it kept. Nothing follows for the next request.
 */
export class ProviderBusyError extends TollgateError {
  override readonly name: string = 'ProviderBusyError';
}

/** Whether a failure says that the provider cannot be asked at the moment. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof TollgateError) || error instanceof ProviderBusyError) return false;
  return error.code === 'provider_unavailable' || error.code === 'provider_outcome_unknown';
}

/**
 * A request that was sent and has no usable answer: a write may have acted, a read has not.
 * @param message without anything of the body
 */
export function unanswered(access: Access, message: string): TollgateError {
  const code = access === 'write' ? 'provider_outcome_unknown' : 'provider_unavailable';
  return new TollgateError(code, message);
}

/** There is no API key for the account, or the provider does not accept it. */
export function notConfigured(message: string): TollgateError {
  return new TollgateError('provider_not_configured', message);
}

/** Failures before a connection stood, after which the provider cannot have seen the request. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * What a failure of the connection comes to.
 * @param provider names it in the message
 */
export function connectionFailure(provider: string, access: Access, error: unknown): TollgateError {
  const code = readErrorCode(error);
  // The error itself is left out: libraries hang requests and answers onto theirs.
  return NEVER_SENT.has(code)
    ? new TollgateError('provider_unavailable', `${provider} could not be reached: ${code}`)
    : unanswered(access, `${provider} did not answer: ${code}`);
}

/** Longest quotation of a provider's message. */
const QUOTATION_LENGTH_MAX = 300;
/**
 * As much of a message is looked at: enough for what is removed from it, and little enough for
 * patterns whose work grows with its square.
 */
const MESSAGE_LENGTH_MAX = 4 * QUOTATION_LENGTH_MAX;

/** What could be used to pay, sign in or find a person, should a message repeat it. */
const CONFIDENTIAL =
  /\b(?:sk|rk|pk|whsec)_[\w*]+|\b\w+_secret_\w+|\b\d(?:[ -]?\d){11,18}\b|[^\s@<>"',;]+@[^\s@<>"',;]+/g;

/** A provider's message as it may be stored and shown: short, and without what is confidential. */
export function quote(message: unknown): string {
  if (typeof message !== 'string') return 'no message';
  const beginning = message.slice(0, MESSAGE_LENGTH_MAX);
  const plain = beginning.replace(/\p{Cc}+/gu, ' ').replace(CONFIDENTIAL, '[removed]');
  return plain.slice(0, QUOTATION_LENGTH_MAX);
}

/** The code that Node or undici gave a failure; `unknown` where there is none. */
export function readErrorCode(error: unknown): string {
  const code = asObject(error)?.['code'];
  return typeof code === 'string' ? code : 'unknown';
}
