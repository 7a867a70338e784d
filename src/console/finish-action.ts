import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionOf } from '../access/console.guard.js';
import { setNotice, type Notice } from '../access/session.queries.js';
import { TollgateError } from '../errors.js';
import type { Services } from '../services.js';

const TEXT_CHARACTERS_MAX = 500;

/** Where the person goes after a form, and what that page says first. */
export interface Finish {
  /** A path of the console. */
  readonly path: string;
  readonly notice: Notice;
}

/**
 * Does what a form asks for and sends the person to the page that shows it, so that loading it again
 * does nothing. A refusal is told on `backTo`, the page with the form; what nobody expected, or what
 * is about the person, is not for this to tell and goes on as an error.
 */
export async function finishAction(
  { database }: Pick<Services, 'database'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { backTo, act }: { readonly backTo: string; readonly act: () => Promise<Finish> },
): Promise<void> {
  const session = sessionOf(request);
  if (!session) throw new Error('this route has no guard');
  const { path, notice } = await act().catch((error: unknown): Finish => {
    if (!(error instanceof TollgateError) || isAboutPerson(error)) throw error;
    return { path: backTo, notice: { kind: 'problem', text: `${error.message} (${error.code})` } };
  });
  const text = notice.text.slice(0, TEXT_CHARACTERS_MAX);
  await setNotice(database.command, session.idDigest, { kind: notice.kind, text });
  await reply.redirect(path, 303);
}

function isAboutPerson({ status }: TollgateError): boolean {
  return status === 401 || status === 403;
}
