import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionOf } from '../access/console.guard.js';
import type { ErrorCode } from '../errors.js';
import { beginProblem } from '../ops/problem.filter.js';
import type { Problem } from '../problem.js';
import type { Logger } from '../telemetry/logger.js';
import { isPartRequest, toLocalPath } from './console-request.js';
import { protectPage } from './headers.js';
import { BareLayout, Layout } from './layout.js';
import { renderDocument } from './render-page.js';

const HTML = 'text/html; charset=utf-8';

/**
 * Answers a request under `/console` with what went wrong, as a page. Who is not logged in is sent
 * to where one logs in, and comes back from there to the page that he wanted.
 */
export function sendProblemPage(
  logger: Logger,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = beginProblem(logger, error, request, reply);
  protectPage(reply);
  if (problem.code === 'unauthenticated') {
    sendToLogin(problem, request, reply);
    return;
  }
  void reply.type(HTML).send(renderProblem(problem, request));
}

function sendToLogin(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
  const path = `/console/login?next=${encodeURIComponent(toLocalPath(request.url))}`;
  if (isPartRequest(request)) {
    void reply.header('hx-redirect', path).type(HTML).send('');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    void reply.type(HTML).send(renderProblem(problem, request));
  } else if (request.headers['sec-fetch-site'] === 'cross-site') {
    void reply
      .status(200)
      .type(HTML)
      .send(renderStepOver(toLocalPath(request.url)));
  } else {
    void reply.redirect(path, 303);
  }
}

/**
 * A link from another site (a chat, a mail) is followed without our cookie. This page goes on to the
 * same address by itself, and that request is ours, so it has the cookie.
 */
function renderStepOver(path: string): string {
  return renderDocument(
    { caller: null, csrfToken: '', now: new Date() },
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content={`0;url=${path}`} />
        <title>Tollgate</title>
      </head>
      <body>
        <p>
          <a href={path}>Go on to the console</a>
        </p>
      </body>
    </html>,
  );
}

function renderProblem(problem: Problem, request: FastifyRequest): string {
  const session = sessionOf(request);
  const caller = session?.caller ?? null;
  const context = { caller, csrfToken: session?.csrfToken ?? '', now: new Date() };
  const body = <ProblemBody problem={problem} />;
  return renderDocument(
    context,
    caller ? (
      <Layout title={problem.title} section={null} attention={null} notice={null}>
        {body}
      </Layout>
    ) : (
      <BareLayout title={problem.title}>{body}</BareLayout>
    ),
  );
}

function ProblemBody({ problem }: { readonly problem: Problem }) {
  const { code, detail } = problem;
  return (
    <div class="problem">
      {detail !== undefined && <p>{detail}</p>}
      <p>{ADVICE[code] ?? adviceFor(problem.status)}</p>
      <p class="muted">
        Code <code>{code}</code>
      </p>
      <p>
        <a href="/console">Go to the overview</a>
      </p>
    </div>
  );
}

/** What the person can do about it. */
const ADVICE: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthenticated: 'Your session is over, and nothing was done. Log in and send the form again.',
  forbidden:
    'Nothing was done. Ask for a token of another role if you need this, or load the page with the form again.',
  not_found: 'The address may be wrong, or what it named is not kept any more.',
  too_many_requests: 'Wait a minute, then try again.',
  storage_unavailable: 'Wait a moment, then load this page again.',
  internal_error: 'This is a defect. The log of the service has the details, at the time of now.',
};

function adviceFor(status: number): string {
  if (status >= 500) return 'Wait a moment, then try again.';
  return 'Nothing was changed. Go back, correct what you entered, and try again.';
}
