import { TollgateError } from '../errors.js';

/** What came of asking a provider for something. */
export type ProviderAnswer<T> =
  | { readonly accepted: T }
  /** It said no, and would say no again. */
  | { readonly refused: TollgateError }
  /** It may have acted; nobody knows. */
  | { readonly unknown: TollgateError };

/**
 * Tells the answers of a provider that have to be written down from those that change nothing.
 *
 * @throws TollgateError `provider_unavailable`, `provider_not_configured`: it has seen nothing
 */
export async function answerOf<T>(ask: () => Promise<T>): Promise<ProviderAnswer<T>> {
  try {
    return { accepted: await ask() };
  } catch (error) {
    if (!(error instanceof TollgateError)) throw error;
    if (error.code === 'provider_refused') return { refused: error };
    if (error.code === 'provider_outcome_unknown') return { unknown: error };
    throw error;
  }
}

/** An outcome that nobody knows, with what it is about: the same request finds out. */
export function unknownOutcome(
  { code, message }: TollgateError,
  members: Readonly<Record<string, unknown>>,
): { readonly later: TollgateError } {
  return { later: new TollgateError(code, message, { members }) };
}
