import { ERRORS, TollgateError } from '../errors.js';
import { failPoint } from '../fail-points.js';
import {
  dispatchSchema,
  type ConsumerVerdict,
  type Dispatch,
  type Outcome,
} from '../outbox/dispatch.js';
import { NotNow, type Consumer } from './consumer.js';

/** What working through the queue of one consumer needs. */
export interface ConsumeContext {
  readonly consumer: Consumer;
  /** False when the try that a job names is over: it comes late, or for the second time. */
  readonly isWanted: (dispatch: Dispatch) => Promise<boolean>;
  /** True for an error of which the message is not at fault, such as a database that is away. */
  readonly isPassing: (error: unknown) => boolean;
  /** Reports what came of a try. */
  readonly settle: (outcome: Outcome) => Promise<void>;
}

const MESSAGE_MAX_CHARACTERS = 500;
const AFTER_TROUBLE_MS = 2000;

/**
 * Lets a consumer try one message, and reports what came of it. Should the report get lost, the
 * message comes again, and the consumer finds that it knows it.
 *
 * @throws Error when the job is none of ours, or the report could not be made; nothing is lost
 */
export async function consumeDispatch(context: ConsumeContext, job: unknown): Promise<void> {
  const { consumer, isWanted, settle } = context;
  const dispatch = dispatchSchema.parse(job);
  const { message, attempts } = dispatch;
  if (!(await isWanted(dispatch))) return;
  failPoint('consumer.received', consumer.name);
  const verdict = await tryMessage(context, dispatch);
  await settle({ consumer: consumer.name, messageId: message.id, attempts, verdict });
  failPoint('consumer.settled', consumer.name);
}

async function tryMessage(
  { consumer, isPassing }: ConsumeContext,
  { message }: Dispatch,
): Promise<ConsumerVerdict> {
  try {
    await consumer.consume(message);
    return { result: 'consumed' };
  } catch (error) {
    return verdictOf(error, isPassing(error));
  }
}

function verdictOf(error: unknown, isPassing: boolean): ConsumerVerdict {
  const message = (error instanceof Error ? error.message : String(error)).slice(
    0,
    MESSAGE_MAX_CHARACTERS,
  );
  if (error instanceof NotNow) return { result: 'not_now', message, retryInMs: error.retryInMs };
  if (error instanceof TollgateError) {
    const isFinal = ERRORS[error.code].next === 'dead';
    return { result: 'failed', code: error.code, message, isFinal };
  }
  if (isPassing) return { result: 'not_now', message, retryInMs: AFTER_TROUBLE_MS };
  return { result: 'failed', code: 'consumer_failed', message, isFinal: false };
}
