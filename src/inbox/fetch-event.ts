import { failPoint } from '../fail-points.js';
import { parsePayload } from '../providers/payload.js';
import { TollgateError } from '../errors.js';
import { applyObservation } from './apply-observation.js';
import { bodyOf } from './body-of.js';
import type { RingContext } from './process-ring.js';
import type { ClaimedEvent, FinishedEvent } from './ring.queries.js';

/**
 * Asks the provider for what an event points at, and applies the answer like an event of its own.
 * The event that pointed ends as its answer does.
 *
 * @throws TollgateError as the provider's API does
 */
export async function fetchEvent(
  context: RingContext,
  event: ClaimedEvent,
): Promise<FinishedEvent> {
  const { id, provider: name, account } = event;
  const provider = context.providers.get(name);
  const pointer = provider?.pointsAt(parsePayload(bodyOf(event)));
  if (!provider?.api || !pointer) {
    throw new TollgateError('provider_not_configured', `there is no API key of ${name}`);
  }
  const done = { id, reason: null, paymentId: null, partId: null };
  await failPoint('fetch.before_call', name);
  const observation = await provider.api.observeObject(account, pointer);
  await failPoint('fetch.after_call', name);
  if (observation === null) return { ...done, status: 'ignored' };
  const seen = { provider: name, account, source: 'poll', observation } as const;
  const { status, reason, paymentId } = await applyObservation(context, seen);
  if (status !== 'applied' && status !== 'noop') {
    throw new TollgateError('apply_failed', `what it points at ended as ${status}`);
  }
  await failPoint('fetch.applied', name);
  return { ...done, status, reason, paymentId };
}
