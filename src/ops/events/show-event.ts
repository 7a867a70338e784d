import { insertAuditEntry } from '../../audit/audit.queries.js';
import type { Caller } from '../../access/authenticate.js';
import { InboxConflictEntity, InboxEventEntity } from '../../database/inbox-event.entity.js';
import {
  PaymentFactEntity,
  ReviewEntity,
  TransitionEntity,
} from '../../database/payment.entity.js';
import { TollgateError } from '../../errors.js';
import { payloadNotKept } from '../../inbox/body-of.js';
import { findBody } from '../../inbox/inbox.queries.js';
import { presentReview } from '../../payments/present.js';
import { readInput } from '../../read-input.js';
import type { Services } from '../../services.js';
import { asAction } from '../audit/as-action.js';
import { uuid } from '../list-query.js';
import { presentError, presentEvent, presentFact, presentTransition } from '../present.js';
import { findReplaysOf } from '../replays/replay-item.queries.js';
import { maskPayload } from './mask-payload.js';
import { showPayload } from './show-payload.js';

/**
 * An event with its payload, personal data covered, and everything that came of it.
 * @throws TollgateError `bad_request`, `not_found`
 */
export async function showEvent({ database, config }: Services, id: string) {
  const { reads } = database;
  const inboxId = readInput(uuid, id);
  const event = await findEvent(reads, inboxId);
  const [body, facts, transitions, reviews, conflicts, replays] = await Promise.all([
    findBody(database.command, inboxId),
    reads.getRepository(PaymentFactEntity).findBy({ inboxId }),
    reads.getRepository(TransitionEntity).find({ where: { inboxId }, order: { id: 'ASC' } }),
    reads.getRepository(ReviewEntity).findBy({ inboxId }),
    reads.getRepository(InboxConflictEntity).findBy({ inboxId }),
    findReplaysOf(database.command, [inboxId]),
  ]);
  return {
    ...presentEvent(event, config.ATTEMPTS_MAX),
    bytes: event.bodyBytes,
    isPayloadKept: body !== null,
    payload: body && maskPayload(showPayload(body), config.MASKED_PATHS),
    errors: event.attemptErrors.map(presentError),
    effects: {
      facts: facts.map(presentFact),
      transitions: transitions.map(presentTransition),
      reviews: reviews.map(presentReview),
    },
    conflictingContents: conflicts.map(({ fingerprint, firstSeenAt, deliveries }) => ({
      fingerprint: fingerprint.toString('hex'),
      firstSeenAt,
      deliveries,
    })),
    replays: replays.map(({ subject: _subject, ...replay }) => replay),
  };
}

/**
 * The bytes as the provider sent them, personal data included; who asked for them is noted.
 * @throws TollgateError `bad_request`, `not_found`, `payload_not_kept`
 */
export function readRawBody(services: Services, caller: Caller, given: string): Promise<Buffer> {
  const { database } = services;
  return asAction(services, caller, { action: 'event.download', subject: given }, async () => {
    const { id } = await findEvent(database.reads, readInput(uuid, given));
    const body = await findBody(database.command, id);
    if (body === null) throw payloadNotKept();
    const { name: actor, role } = caller;
    const entry = { actor, role, action: 'event.download', subject: id, result: 'done' } as const;
    await insertAuditEntry(database.command, entry);
    return body;
  });
}

async function findEvent(reads: Services['database']['reads'], id: string) {
  const event = await reads.getRepository(InboxEventEntity).findOneBy({ id });
  if (event) return event;
  throw new TollgateError('not_found', 'there is no event with this id');
}
