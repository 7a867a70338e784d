import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { PersonOptions, TestBrowser } from './browser.js';
import { registerSecret } from './secrets.js';

/** What a policy forbids is told by an event only; this makes it a line like the others. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('forbidden by the policy: ' + event.violatedDirective + ' ' + event.blockedURI))`;

/** More presses of Tab than any page has places to go to. */
const TABS_MAX = 150;

/**
 * Somebody at the console with a real browser, who notices what nobody looks at: errors that a page
 * logs or throws, what its policy had to stop, and requests to any other host, which are not made.
 */
export class ConsolePerson {
  /** Should stay empty. */
  readonly complaints: string[] = [];
  /** Method and path of everything that was asked for, oldest first, assets left out. */
  readonly requests: string[] = [];

  private constructor(
    private readonly url: string,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  /** Opens a browser of his own, at no page yet. @param url of the service */
  static async arrive(browser: TestBrowser, url: string, options: PersonOptions = {}) {
    const context = await browser.person(options);
    const person = new ConsolePerson(url, context, await context.newPage());
    await person.watch();
    return person;
  }

  private async watch(): Promise<void> {
    const { context, complaints } = this;
    const { origin } = new URL(this.url);
    await context.addInitScript(TELL_VIOLATIONS);
    await context.route(
      (url) => url.origin !== origin,
      async (route) => {
        complaints.push(`asked another host: ${route.request().url()}`);
        await route.abort();
      },
    );
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`logged: ${message.text()}`);
    });
    context.on('weberror', (error) => complaints.push(`threw: ${String(error.error())}`));
    context.on('dialog', async (dialog) => {
      complaints.push(`asked: ${dialog.message()}`);
      await dialog.dismiss();
    });
    context.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname.startsWith('/console/assets/')) return;
      this.requests.push(`${request.method()} ${pathname}${search}`);
    });
  }

  /** Loads a page; throws unless it answers with this status. */
  async visit(path: string, status = 200): Promise<void> {
    const answer = await this.page.goto(`${this.url}${path}`);
    const found = answer?.status();
    if (found !== status) throw new Error(`${path} answered ${found}, not ${status}`);
  }

  /** @param path where one is afterwards */
  async logIn(token: string, path = '/console'): Promise<void> {
    registerSecret('a token that was logged in with', token);
    await this.visit(`/console/login?next=${encodeURIComponent(path)}`);
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.page.waitForURL(`${this.url}${path}`);
    for (const { value } of await this.context.cookies()) {
      registerSecret('the cookie of a session', value);
    }
  }

  /** Sends a form past the page, as the same browser; follows no redirect. */
  async post(path: string, form: Readonly<Record<string, string>>) {
    const answer = await this.context.request.post(`${this.url}${path}`, {
      form,
      headers: { 'sec-fetch-site': 'same-origin' },
      maxRedirects: 0,
    });
    return { status: answer.status(), location: answer.headers()['location'] ?? null };
  }

  /** Where he is. */
  get path(): string {
    const { pathname, search } = new URL(this.page.url());
    return `${pathname}${search}`;
  }

  /** Presses Tab until the focus is there; returns what it passed, and throws if it never comes. */
  async tabTo(wanted: Locator): Promise<string[]> {
    const passed: string[] = [];
    for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
      await this.page.keyboard.press('Tab');
      const focused = this.page.locator(':focus');
      if ((await focused.and(wanted).count()) > 0) return passed;
      if ((await focused.count()) > 0) passed.push((await focused.first().innerText()).trim());
    }
    throw new Error(`Tab never gets there, only to ${passed.join(', ')}`);
  }

  /** Closes the browser. @throws Error naming everything that was to complain about */
  async leave(): Promise<void> {
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}
