import { TollgateError } from '../errors.js';
import { PROBLEM_TYPE, problemBody, toProblem, type Problem } from '../problem.js';
import type { StoredResponse } from './key.js';
import type { Response } from './operation.js';

/** A response as bytes, once and for all: whoever asks again gets these. */
export function toStored({ status, headers = {}, body }: Response): StoredResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** A refusal that a retry cannot change, as bytes. */
export function toStoredProblem(error: TollgateError): StoredResponse {
  const problem = toProblem(error);
  return {
    status: problem.status,
    headers: { 'content-type': `${PROBLEM_TYPE}; charset=utf-8` },
    body: Buffer.from(JSON.stringify(problemBody(problem))),
  };
}

/** Members that every problem has; the others are those of its code. */
const EVERY_PROBLEM: ReadonlySet<string> = new Set([
  'type',
  'title',
  'status',
  'code',
  'detail',
  'error',
]);

/** The refusal that a stored problem tells, for somebody who answers it anew. */
export function readStoredProblem({ body }: StoredResponse): TollgateError {
  const problem = JSON.parse(body.toString('utf8')) as Problem;
  const { code, detail, title } = problem;
  const members = Object.entries(problem).filter(([name]) => !EVERY_PROBLEM.has(name));
  return new TollgateError(code, detail ?? title, { members: Object.fromEntries(members) });
}
