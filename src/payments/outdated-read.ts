/**
 * What was read before the locks is not what is under them: somebody moved or merged a payment in
 * between. Carries PostgreSQL's code for that, so the transaction is tried again.
 */
export class OutdatedRead extends Error {
  override readonly name = 'OutdatedRead';
  readonly code = '40001';
}
