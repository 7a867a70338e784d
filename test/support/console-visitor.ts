import { registerSecret } from './secrets.js';

/** Somebody with a browser: keeps cookies, follows no redirect by itself, and is same-origin. */
export class ConsoleVisitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly url: () => string) {}

  /** What a form of the session carries, as the last page that was loaded has it. */
  csrfToken = '';

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<ConsoleAnswer> {
    const answer = await this.send(path, {
      headers: { 'sec-fetch-site': 'same-origin', ...headers },
    });
    const [, token] = /name="_csrf" value="([^"]+)"/.exec(answer.text) ?? [];
    if (token !== undefined) {
      this.csrfToken = token;
      registerSecret('what the forms of a session carry', token);
    }
    return answer;
  }

  /** Sends a form. @param headers over those of a browser; the token of the session is a field. */
  post(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = { 'sec-fetch-site': 'same-origin' },
  ): Promise<ConsoleAnswer> {
    return this.send(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  /** Sends a form with the token of the session. */
  act(path: string, fields: Readonly<Record<string, string>> = {}): Promise<ConsoleAnswer> {
    return this.post(path, { _csrf: this.csrfToken, ...fields });
  }

  async logIn(token: string, next = '/console'): Promise<ConsoleAnswer> {
    registerSecret('a token that was logged in with', token);
    return this.post('/console/login', { token, next });
  }

  /** The cookies as another browser, or a thief, would send them. */
  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Goes on with the cookies of another visitor. */
  takeCookiesOf(other: ConsoleVisitor): void {
    for (const [name, value] of other.cookies) this.cookies.set(name, value);
  }

  private async send(path: string, request: RequestInit): Promise<ConsoleAnswer> {
    const response = await fetch(`${this.url()}${path}`, {
      ...request,
      headers: { ...(request.headers as object), cookie: this.cookieHeader },
      redirect: 'manual',
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
      registerSecret('the cookie of a session', value);
    }
    return {
      status: response.status,
      headers: response.headers,
      location: response.headers.get('location'),
      text: await response.text(),
    };
  }
}

export interface ConsoleAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly location: string | null;
  readonly text: string;
}
