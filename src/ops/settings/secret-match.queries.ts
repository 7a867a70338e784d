import type { Queryable } from '../../database/transaction.js';

/** When a secret last verified a delivery, by its fingerprint. */
export interface SecretMatchRow {
  readonly provider: string;
  readonly account: string;
  readonly fingerprint: string;
  readonly lastMatchedAt: Date;
  readonly deliveries: number;
}

/** All secrets that ever matched, those included that are not configured any more. */
export async function findSecretMatches(database: Queryable): Promise<SecretMatchRow[]> {
  const { rows } = await database.query<SecretMatchRow>({
    name: 'find-secret-matches',
    text: `
      select provider, account, secret_fingerprint as fingerprint,
             last_matched_at as "lastMatchedAt", deliveries::float8 as deliveries
      from secret_matches`,
  });
  return rows;
}
