import type { FastifyRequest } from 'fastify';
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { takeNotice } from '../access/session.queries.js';
import { sessionOf } from '../access/console.guard.js';
import { countAttention } from '../ops/overview/attention.queries.js';
import type { Services } from '../services.js';
import { isPartRequest } from './console-request.js';
import { Layout } from './layout.js';
import { PageContext, type PageContextValue } from './page-context.js';
import type { SectionName } from './sections.js';

/** What a page consists of, besides what all have. */
export interface PageContent {
  readonly title: string;
  /** The section that is marked in the navigation. */
  readonly section: SectionName;
  /** Beside the heading: buttons, a badge. */
  readonly aside?: ComponentChildren;
  readonly body: ComponentChildren;
}

/**
 * A whole page for the person of a request that the guard let through. It shows the notice that the
 * last form left; htmx, which takes only a part of the page, does not use that up.
 */
export async function renderPage(
  { database }: Pick<Services, 'database'>,
  request: FastifyRequest,
  { title, section, aside, body }: PageContent,
): Promise<string> {
  const session = sessionOf(request);
  if (!session) throw new Error('this route has no guard');
  const [attention, notice] = await Promise.all([
    countAttention(database.command),
    isPartRequest(request) ? null : takeNotice(database.command, session.idDigest),
  ]);
  return renderDocument(
    { caller: session.caller, csrfToken: session.csrfToken, now: new Date() },
    <Layout title={title} section={section} attention={attention} notice={notice} aside={aside}>
      {body}
    </Layout>,
  );
}

/** HTML of a document. Whatever text it holds is escaped: nothing of it is ever taken for HTML. */
export function renderDocument(context: PageContextValue, document: VNode): string {
  const html = renderToString(
    <PageContext.Provider value={context}>{document}</PageContext.Provider>,
  );
  return `<!doctype html>${html}`;
}
