import type { Exit } from './exit-codes.js';

/** Why a command ended without having done what it was asked for; told without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';

  /**
   * @param code stable, as in a problem of the API
   * @param members what the answer had besides: the payment that is in the way, say
   */
  constructor(
    readonly exit: Exit,
    readonly code: string,
    message: string,
    readonly members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** Asked for in a way that nobody can answer. */
export function usageError(message: string): CliError {
  return new CliError('usage', 'usage', message);
}
