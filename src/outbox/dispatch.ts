import { z } from 'zod';
import { dataSchemaOf, messageSchema, type Message } from './message.js';

/** What a job of a consumer's queue carries. */
export const dispatchSchema = z.object({
  message: messageSchema,
  /** Tries of this consumer that have failed: an outcome of an older try changes nothing. */
  attempts: z.int().min(0),
});
export type Dispatch = z.infer<typeof dispatchSchema>;

/**
 * What came of one try of a consumer: `consumed`, `failed` (tried again with backoff until the
 * attempts are used up, or a dead letter at once when it is final), or `not_now`, which is no try.
 */
export const verdictSchema = z.discriminatedUnion('result', [
  z.object({ result: z.literal('consumed') }),
  z.object({
    result: z.literal('failed'),
    code: z.string().min(1).max(100),
    message: z.string(),
    isFinal: z.boolean(),
  }),
  z.object({
    result: z.literal('not_now'),
    message: z.string(),
    retryInMs: z.int().min(0).max(86_400_000),
  }),
]);
export type ConsumerVerdict = z.infer<typeof verdictSchema>;

/** What a consumer reports: in the database where it is ours, over the queue `outcomes` elsewhere. */
export const outcomeSchema = z.object({
  consumer: z.string().min(1),
  messageId: z.uuid(),
  attempts: z.int().min(0),
  verdict: verdictSchema,
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** A claimed dispatch with its message. */
export interface ClaimedDispatch {
  readonly messageId: string;
  readonly attempts: number;
  readonly type: string;
  readonly aggregate: Message['aggregate'];
  readonly aggregateId: string;
  readonly version: number;
  readonly subject: string;
  readonly data: Message['data'];
  readonly createdAt: Date;
}

/** @param source what this service is called in its messages */
export function toDispatch(row: ClaimedDispatch, source: string): Dispatch {
  return {
    attempts: row.attempts,
    message: {
      specversion: '1.0',
      id: row.messageId,
      source,
      type: row.type,
      subject: row.subject,
      time: row.createdAt.toISOString(),
      datacontenttype: 'application/json',
      dataschema: dataSchemaOf(row.aggregate),
      aggregate: row.aggregate,
      aggregateid: row.aggregateId,
      aggregateversion: row.version,
      data: row.data,
    },
  };
}
