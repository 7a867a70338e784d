import { z } from 'zod';
import { ERRORS, TollgateError, type ErrorCode } from '../errors.js';
import { failPoint } from '../fail-points.js';
import {
  dispatchSchema,
  storableText,
  type ConsumerVerdict,
  type Dispatch,
  type Outcome,
} from '../outbox/dispatch.js';
import { NotNow, Refused, type Consumer } from './consumer.js';

/** What working through the queue of one consumer needs. */
export interface ConsumeContext {
  readonly consumer: Consumer;
  /** False when the try that a job names is over: it comes late, or for the second time. */
  readonly isWanted: (dispatch: Dispatch) => Promise<boolean>;
  /** Reports what came of a try. */
  readonly settle: (outcome: Outcome) => Promise<void>;
}

/** Names a try, whatever else the job holds. */
const namedTry = z.object({
  message: z.object({ id: z.uuid() }),
  tries: z.int().min(0),
  attempts: z.int().min(0),
});

/**
 * Lets a consumer try one message, and reports what came of it. Should the report get lost, the
 * message comes again, and the consumer finds that it knows it. So it is when the database is away:
 * nothing can be reported, and no try is counted.
 *
 * @throws Error when the job is none of ours, or the report could not be made; nothing is lost
 */
export async function consumeDispatch(context: ConsumeContext, job: unknown): Promise<void> {
  const { consumer, isWanted, settle } = context;
  const parsed = dispatchSchema.safeParse(job);
  const { message, tries, attempts } = parsed.success ? parsed.data : namedTry.parse(job);
  const report = { consumer: consumer.name, messageId: message.id, tries, attempts };
  if (!parsed.success) {
    await settle({ ...report, verdict: unreadable(parsed.error) });
    return;
  }
  if (!(await isWanted(parsed.data))) return;
  await failPoint('consumer.received', consumer.name);
  await settle({ ...report, verdict: await tryMessage(consumer, parsed.data) });
  await failPoint('consumer.settled', consumer.name);
}

/** A message that is not as the contract says will not be so the next time either. */
function unreadable({ issues }: z.ZodError): ConsumerVerdict {
  const problems = issues.map(({ path, code }) => `${path.join('.')} (${code})`).join(', ');
  const message = `expected a message as its schema says, found it wrong at ${problems}`;
  return failed('message_unreadable', message);
}

async function tryMessage(consumer: Consumer, { message }: Dispatch): Promise<ConsumerVerdict> {
  try {
    await consumer.consume(message);
    return { result: 'consumed' };
  } catch (error) {
    return verdictOf(error);
  }
}

function verdictOf(error: unknown): ConsumerVerdict {
  if (error instanceof NotNow) {
    const message = storableText(textOf(error));
    return { result: 'not_now', message, retryInMs: error.retryInMs };
  }
  if (error instanceof TollgateError) return failed(error.code, textOf(error));
  return failed(error instanceof Refused ? 'consumer_refused' : 'consumer_failed', textOf(error));
}

function failed(code: ErrorCode, text: string): ConsumerVerdict {
  const isFinal = ERRORS[code].next === 'dead';
  return { result: 'failed', code, message: storableText(text), isFinal };
}

/** A consumer may throw anything, also what has no text. */
function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something without a text was thrown';
  }
}
