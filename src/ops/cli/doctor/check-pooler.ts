import { findMissingLimits, findWhetherNamesAreKnown } from '../../../database/pooled-client.js';
import { describeError, fail, ok, warn, type Check } from './check.js';

/** The pooler before the database, when there is one: reachable, and what it does for statements. */
export async function checkPooler(
  databaseUrl: string | undefined,
  directUrl: string | undefined,
): Promise<Check[]> {
  if (databaseUrl === undefined || directUrl === undefined) return [];
  try {
    const knowsNames = await findWhetherNamesAreKnown(databaseUrl);
    const found = knowsNames ? 'knows prepared statements' : 'knows no prepared statements';
    const advice =
      'each is parsed anew; PgBouncer from 1.21 on knows them with max_prepared_statements = 200';
    return [
      knowsNames ? ok('pooler', found) : warn('pooler', found, advice),
      ...(await checkLimits(databaseUrl)),
    ];
  } catch (error) {
    const advice = 'see that it runs, and check DATABASE_URL';
    return [fail('pooler', describeError(error), advice)];
  }
}

/** A pooler takes no limits at log-in, so a single statement has those of its role. */
async function checkLimits(databaseUrl: string): Promise<Check[]> {
  const name = 'pooler limits';
  const problems = await findMissingLimits(databaseUrl);
  if (problems.length === 0) return [ok(name, 'the role has statement_timeout and lock_timeout')];
  return problems.map((problem) => fail(name, problem, 'production refuses to start without'));
}
