import type { TollgateError } from '../errors.js';
import { PROBLEM_TYPE, problemBody, toProblem } from '../problem.js';
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
