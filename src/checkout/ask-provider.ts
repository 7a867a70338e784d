import type { Queryable } from '../database/transaction.js';
import { TollgateError } from '../errors.js';
import type { PaymentStart } from '../providers/provider-api.js';
import { noteAsked, restoreAsked, type Asked, type AskedFor } from './asked.queries.js';

/** What came of asking a provider for something. */
export type ProviderAnswer<T> =
  | { readonly accepted: T }
  /** It said no, and would say no again. */
  | { readonly refused: TollgateError }
  /** It may have acted; nobody knows. */
  | { readonly unknown: TollgateError };

/** The row that says what the provider is asked for. */
export interface Asking extends Asked {
  readonly what: AskedFor;
  readonly id: string;
}

/** What a request needs to tell the provider's client. */
export type Noting = Pick<PaymentStart, 'asked' | 'noteAsked'>;

/**
 * Asks a provider for something, and notes it right before a request leaves: should this process
 * die, the next one knows that the provider may have acted, and since when. A process that was
 * thought dead and wakes up finds the note of the other, and sends nothing.
 *
 * @throws TollgateError `provider_unavailable`, `provider_not_configured`: it has seen nothing
 */
export async function askProvider<T>(
  database: Queryable,
  { what, id, count, asked }: Asking,
  ask: (noting: Noting) => Promise<T>,
): Promise<ProviderAnswer<T>> {
  let noted = count;
  const note = async () => {
    if (!(await noteAsked(database, what, id, noted))) {
      throw new TollgateError('provider_outcome_unknown', 'another process asks the provider now');
    }
    noted += 1;
  };
  try {
    return { accepted: await ask({ asked, noteAsked: note }) };
  } catch (error) {
    if (!(error instanceof TollgateError)) throw error;
    if (error.code === 'provider_refused') return { refused: error };
    if (error.code === 'provider_outcome_unknown') return { unknown: error };
    if (noted > count) await restoreAsked(database, what, id, noted, asked);
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
