import { randomUUID } from 'node:crypto';
import type { Caller } from '../../access/authenticate.js';
import { execute } from '../../idempotency/execute.js';
import { fingerprintRequest } from '../../idempotency/fingerprint.js';
import { readStoredProblem } from '../../idempotency/response.js';
import type { ReviewView } from '../../payments/present-review.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { uuid } from '../list-query.js';

/** What a person who decides is answered. */
export interface Resolved {
  /** 200: it is decided; 202: a second person has to confirm it. */
  readonly status: 200 | 202;
  readonly body: ReviewView;
}

/**
 * Decides a review: `{ resolution, reason, paymentId?, amountMinor? }`. A command like any other:
 * recorded under a key, and finished by the completer should this process die in the middle.
 *
 * @param key the same key is the same decision; null: a new one
 * @throws TollgateError `bad_request`, `not_found`, `review_closed`, `review_claimed`,
 * `second_person_needed`, `nothing_to_refund`, and what the refund command may come to
 */
export async function resolveReview(
  services: Services,
  caller: Caller,
  given: string,
  body: unknown,
  key: string | null,
): Promise<Resolved> {
  const { commands, messaging } = services;
  const wanted = { action: 'review.resolve', subject: given } as const;
  const response = await asAction(services, caller, wanted, async () => {
    const id = readInput(uuid, given);
    const request = {
      caller: caller.name,
      key: key ?? randomUUID(),
      fingerprint: fingerprintRequest('POST', `/v1/reviews/${id}/resolve`, body),
      params: { id },
      body: body ?? null,
    };
    return (await execute(commands.execute, commands.resolveReview, request)).response;
  });
  // The command has written down itself what it was refused for.
  if (response.status >= 400) throw readStoredProblem(response);
  messaging.wake();
  const review = JSON.parse(response.body.toString('utf8')) as ReviewView;
  return { status: response.status === 202 ? 202 : 200, body: review };
}
