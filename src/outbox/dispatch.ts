import { z } from 'zod';
import { dataSchemaOf, messageSchema, type Message } from './message.js';

/** No consumer can put a message off for longer than a day. */
export const RETRY_IN_MS_MAX = 86_400_000;

/** What a job of a consumer's queue carries. */
export const dispatchSchema = z.object({
  message: messageSchema,
  /** Names the try: an outcome of another one than the current changes nothing. */
  tries: z.int().min(0),
  /** Tries that have failed since the message was sent or replayed. */
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
    retryInMs: z.int().min(0).max(RETRY_IN_MS_MAX),
  }),
]);
export type ConsumerVerdict = z.infer<typeof verdictSchema>;

/** What a consumer reports: in the database where it is ours, over the queue `outcomes` elsewhere. */
export const outcomeSchema = z.object({
  consumer: z.string().min(1),
  messageId: z.uuid(),
  tries: z.int().min(0),
  attempts: z.int().min(0),
  verdict: verdictSchema,
});
export type Outcome = z.infer<typeof outcomeSchema>;

const TEXT_MAX_CHARACTERS = 500;

/** What PostgreSQL and every queue can hold of a text that anybody may have written. */
export function storableText(text: string): string {
  const short = text.replaceAll('\u0000', '\ufffd').slice(0, TEXT_MAX_CHARACTERS);
  return Buffer.from(short).toString(); // without half a surrogate pair
}

/** A message as it is stored. */
export interface StoredMessage {
  readonly messageId: string;
  readonly type: string;
  readonly aggregate: Message['aggregate'];
  readonly aggregateId: string;
  readonly version: number;
  readonly subject: string;
  readonly data: Message['data'];
  readonly createdAt: Date;
}

/** A claimed dispatch with its message. */
export interface ClaimedDispatch extends StoredMessage {
  readonly tries: number;
  readonly attempts: number;
  readonly turn: number;
  /** How often the queue took this try. */
  readonly sends: number;
}

/** @param source what this service is called in its messages */
export function toDispatch(row: ClaimedDispatch, source: string): Dispatch {
  const { tries, attempts } = row;
  return { tries, attempts, message: toMessage(row, source) };
}

/** The CloudEvent that consumers get. */
export function toMessage(row: StoredMessage, source: string): Message {
  return {
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
  };
}
