import type { ComponentChildren } from 'preact';
import type { Caller } from '../access/authenticate.js';
import type { Notice } from '../access/session.queries.js';
import type { Attention } from '../ops/overview/attention.queries.js';
import { ASSETS } from './assets.js';
import { CsrfInput } from './components/csrf-input.js';
import { NoticeBox } from './components/notice-box.js';
import { Icon } from './icons.js';
import { usePage } from './page-context.js';
import { SECTIONS, type Section, type SectionName } from './sections.js';

/**
 * htmx runs nothing that stands in a page, adds no style of its own, speaks to nobody else and keeps
 * no page: what it shows may be gone with the session.
 */
const HTMX_CONFIG = JSON.stringify({
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  timeout: 15_000,
});

interface LayoutProps {
  /** Of the page, for the heading and the tab. */
  readonly title: string;
  /** Where the page is in the navigation; null: nowhere. */
  readonly section: SectionName | null;
  /** What waits for a person; null when nobody could count. */
  readonly attention: Attention | null;
  readonly notice: Notice | null;
  /** Beside the heading: buttons, a badge. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A whole page for somebody who is logged in. */
export function Layout({ title, section, attention, notice, aside, children }: LayoutProps) {
  const { caller, csrfToken } = usePage();
  return (
    <html lang="en">
      <Head title={title} />
      <body hx-headers={JSON.stringify({ 'x-csrf-token': csrfToken })}>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <div class="shell">
          <header class="bar">
            <Brand />
            {caller && <Account caller={caller} />}
          </header>
          <Navigation section={section} attention={attention} />
          <main id="content" tabIndex={-1}>
            <NoticeBox notice={notice} />
            <div class="heading">
              <h1>{title}</h1>
              {aside && <div class="heading-aside">{aside}</div>}
            </div>
            {children}
          </main>
        </div>
      </body>
    </html>
  );
}

/** A page for somebody who is not logged in: a form, or what went wrong. */
export function BareLayout({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <html lang="en">
      <Head title={title} />
      <body class="bare">
        <main id="content">
          <Brand />
          <div class="card">
            <h1>{title}</h1>
            {children}
          </div>
        </main>
      </body>
    </html>
  );
}

function Head({ title }: { readonly title: string }) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="htmx-config" content={HTMX_CONFIG} />
      <title>{`${title} · Tollgate`}</title>
      <link rel="icon" href={ASSETS['icon.svg'].url} type="image/svg+xml" />
      <link rel="stylesheet" href={ASSETS['console.css'].url} />
      <script src={ASSETS['htmx.js'].url} defer />
      <script src={ASSETS['console.js'].url} defer />
    </head>
  );
}

function Brand() {
  return (
    <a class="brand" href="/console">
      <img src={ASSETS['icon.svg'].url} alt="" width="24" height="24" />
      Tollgate
    </a>
  );
}

function Account({ caller }: { readonly caller: Caller }) {
  return (
    <form class="account" method="post" action="/console/logout">
      <CsrfInput />
      <span class="account-name" title={caller.name}>
        {caller.name} <span class="muted">{caller.role}</span>
      </span>
      <button class="quiet" type="submit">
        Log out
      </button>
    </form>
  );
}

const COUNT_SHOWN_MAX = 999;

function Navigation({ section, attention }: Pick<LayoutProps, 'section' | 'attention'>) {
  return (
    <nav id="sections" class="sections" aria-label="Sections">
      <ul>
        {Object.entries<Section>(SECTIONS).map(([name, { title, path, icon, badge }]) => {
          const count = badge && attention ? attention[badge] : 0;
          return (
            <li key={name}>
              <a href={path} aria-current={name === section ? 'page' : undefined}>
                <Icon name={icon} />
                <span>{title}</span>
                {count > 0 && (
                  <span class="count">
                    {count > COUNT_SHOWN_MAX ? `${COUNT_SHOWN_MAX}+` : count}
                    <span class="hidden"> waiting</span>
                  </span>
                )}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
