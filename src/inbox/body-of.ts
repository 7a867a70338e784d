import { TollgateError } from '../errors.js';
import type { ClaimedEvent } from './ring.queries.js';

/** The bytes of an event that is worked on. @throws TollgateError `payload_not_kept` */
export function bodyOf({ body }: Pick<ClaimedEvent, 'body'>): Buffer {
  if (body !== null) return body;
  throw payloadNotKept();
}

/** What everybody is told who needs a body whose time is over. */
export function payloadNotKept(): TollgateError {
  return new TollgateError(
    'payload_not_kept',
    'its payload was removed when its time was over (PAYLOAD_RETENTION_DAYS)',
  );
}
